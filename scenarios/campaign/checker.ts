import type { OriginKey, PeerName } from '../../src/sum/origin.ts';
import type { VirtualSwarmInit, VirtualSwarmResult } from '../simulated/virtual-swarm.ts';
import type { AuditedReplica } from './audited-replica.ts';
import type { PublishedUpdates } from './published-updates.ts';

/** A living peer of a simulated swarm at one instant. */
export interface PeerSight {
  readonly name: PeerName;
  readonly replica: AuditedReplica;
}

/** What there is to see of a swarm at one instant. */
export interface Sight {
  readonly peers: readonly PeerSight[];
  readonly published: PublishedUpdates;
}

/** A swarm that has come to its end. */
export interface Ending extends Sight {
  readonly init: VirtualSwarmInit;
  readonly result: VirtualSwarmResult;
  /** Under which the peers that live to the end publish. */
  readonly origins: readonly OriginKey[];
}

/** One thing that must hold whatever befalls a swarm. Both functions tell what does not. */
export interface Checker {
  readonly name: string;
  /** At any instant. */
  readonly look?: (sight: Sight) => Iterable<string>;
  readonly judge?: (ending: Ending) => Iterable<string>;
}
