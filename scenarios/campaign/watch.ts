import type { Replica, ReplicaInit } from '../../peer/replica/replica.ts';
import type { Network } from '../../protocols/network.ts';
import type { PeerName } from '../../src/sum/origin.ts';
import type { PeerWatch, VirtualPeer } from '../simulated/virtual-peer.ts';
import { AuditedReplica, type Keepsake } from './audited-replica.ts';
import type { PeerSight } from './checker.ts';
import { watchFeeds } from './feed-watch.ts';

/** Puts parts with books into the peers of a simulation. */
export class Watch implements PeerWatch {
  /** What was found wrong as it happened. */
  readonly findings: string[] = [];
  readonly #keepsakes = new Map<PeerName, Keepsake[]>();

  replica(peer: PeerName, start: Int32Array, init: ReplicaInit): Replica {
    const keepsakes = this.#keepsakes.get(peer) ?? [];
    this.#keepsakes.set(peer, keepsakes);
    return new AuditedReplica(start, init, { keepsakes, found: (problem) => this.#found(`${peer}: ${problem}`) });
  }

  network(network: Network): void {
    watchFeeds(network, (problem) => this.#found(problem));
  }

  /** Nothing while no process of the peer runs, or has loaded its replica. */
  sightOf({ name, replica }: VirtualPeer): readonly PeerSight[] {
    return replica instanceof AuditedReplica ? [{ name, replica }] : [];
  }

  #found(problem: string): void {
    this.findings.push(problem);
  }
}
