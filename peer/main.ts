import { createHash, randomBytes } from 'node:crypto';
import { identityKey } from '../protocols/libp2p/identity-key.ts';
import { createLibp2pNetwork } from '../protocols/libp2p/network.ts';
import type { Network } from '../protocols/network.ts';
import { nodeDisk } from '../src/datasets/disk.ts';
import type { Manifest } from '../src/manifest.ts';
import { Identity } from '../src/sum/identity.ts';
import type { PeerName } from '../src/sum/origin.ts';
import { systemClock } from '../src/support/system-clock.ts';
import type { MemoryUse, PeerEvent, PeerReport } from './events.ts';
import { dataCacheFolder } from './machine/data-cache.ts';
import { StateFolder } from './machine/state-folder.ts';
import { setTensorFlowEnvironment, tensorflowFolder } from './machine/tensorflow-home.ts';
import { Peer } from './peer.ts';
import { ThreadReplica } from './replica/thread-replica.ts';

export interface PeerOptions {
  readonly manifest: Manifest;
  /** Multiaddrs to bind; port 0 takes any free one. */
  readonly listen: readonly string[];
  /** Multiaddrs by which others reach this peer, where they are not those it binds; else none. */
  readonly announce: readonly string[];
  /** Multiaddrs of peers in the run; none for its first peer. */
  readonly join: readonly string[];
  /** Which shard to train on; null draws one from the peer's name, which may leave some shard to two peers. */
  readonly shard: number | null;
  /** The folder with the peer's key and checkpoint; null for a peer that leaves nothing behind. */
  readonly state: string | null;
  /** Left out, every `DEFAULT_CHECKPOINT_SECONDS`. */
  readonly checkpointSeconds?: number | undefined;
  /** Memory for updates that others may still need; left out, `defaultLogBytes`. */
  readonly logBytes?: number | undefined;
  readonly events: (event: PeerEvent) => void;
  readonly signal: AbortSignal;
}

/** One real peer: TCP, the system's clock, a thread for its replica. Throws what `Peer.run` throws, and STATE_UNUSABLE. */
export async function runPeer(options: PeerOptions): Promise<PeerReport> {
  const state = options.state === null ? null : await StateFolder.open(nodeDisk, options.state);
  try {
    return await peerOf(options, state, await networkOf(options, state)).run();
  } finally {
    await state?.close();
  }
}

/** With the key from the state folder, so that the peer comes back under its name. */
async function networkOf({ listen, announce }: PeerOptions, state: StateFolder | null): Promise<Network> {
  if (state === null) return createLibp2pNetwork({ listen, announce });
  return createLibp2pNetwork({ listen, announce, privateKey: await state.key(identityKey) });
}

function peerOf(options: PeerOptions, state: StateFolder | null, network: Network): Peer {
  const { manifest, join, events, signal, logBytes, checkpointSeconds } = options;
  const shard = options.shard ?? shardOfName(network.self, manifest.peers);
  const identity = new Identity(network.self, () => randomBytes(8).readBigUInt64BE());
  setTensorFlowEnvironment();
  const folders = { cacheFolder: dataCacheFolder(), tensorflowFolder: tensorflowFolder() };
  const replica = new ThreadReplica({ manifest, shard, origin: identity.origin, ...folders });
  const components = { network, clock: systemClock, replica, memory: memoryOfProcess };
  return new Peer(
    { ...components, ...(state === null ? {} : { checkpoints: state.checkpoints }) },
    { manifest, shard, identity, join, emit: events, signal, logBytes, checkpointSeconds },
  );
}

/** The replica thread has a heap of its own, which only newer versions of Node tell; it counts in what is resident. */
function memoryOfProcess(): MemoryUse {
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rssBytes: rss, heapUsedBytes: heapUsed, externalBytes: external };
}

function shardOfName(name: PeerName, peers: number): number {
  return createHash('sha256').update(name).digest().readUInt32BE() % peers;
}
