import { createHash, randomBytes } from 'node:crypto';
import { createLibp2pNetwork } from '../protocols/libp2p/network.ts';
import type { Manifest } from '../src/manifest.ts';
import { originKey, type PeerName } from '../src/sum/origin.ts';
import { systemClock } from '../src/support/system-clock.ts';
import { dataCacheFolder } from './data-cache.ts';
import type { PeerEvent, PeerReport } from './events.ts';
import { Peer } from './peer.ts';
import { ThreadReplica } from './replica/thread-replica.ts';

export interface PeerOptions {
  readonly manifest: Manifest;
  /** Multiaddrs to bind; port 0 takes any free one. */
  readonly listen: readonly string[];
  /** Multiaddrs of peers in the run; none for its first peer. */
  readonly join: readonly string[];
  /** Which shard to train on; null draws one from the peer's name, which may leave some shard to two peers. */
  readonly shard: number | null;
  readonly events: (event: PeerEvent) => void;
  readonly signal: AbortSignal;
}

/** One real peer: TCP, the system's clock, a thread for its replica. Throws what `Peer.run` throws. */
export async function runPeer(options: PeerOptions): Promise<PeerReport> {
  const { manifest } = options;
  const network = await createLibp2pNetwork({ listen: options.listen });
  const shard = options.shard ?? shardOfName(network.self, manifest.peers);
  const origin = originKey({ peer: network.self, incarnation: randomBytes(8).readBigUInt64BE() });
  const replica = new ThreadReplica({ manifest, shard, origin, cacheFolder: dataCacheFolder() });
  const peer = new Peer(
    { network, clock: systemClock, replica },
    { manifest, shard, origin, join: options.join, emit: options.events, signal: options.signal },
  );
  return peer.run();
}

function shardOfName(name: PeerName, peers: number): number {
  return createHash('sha256').update(name).digest().readUInt32BE() % peers;
}
