import { createHash, randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { identityKey } from '../protocols/libp2p/identity-key.ts';
import { createLibp2pNetwork } from '../protocols/libp2p/network.ts';
import type { Network } from '../protocols/network.ts';
import { nodeDisk } from '../src/datasets/disk.ts';
import type { Manifest } from '../src/manifest.ts';
import { Identity } from '../src/sum/identity.ts';
import type { PeerName } from '../src/sum/origin.ts';
import { linkedAbort } from '../src/support/linked-abort.ts';
import { systemClock } from '../src/support/system-clock.ts';
import type { MemoryUse, PeerEvent } from './events.ts';
import { dataCacheFolder } from './machine/data-cache.ts';
import { StateFolder } from './machine/state-folder.ts';
import { setTensorFlowEnvironment, tensorflowFolder } from './machine/tensorflow-home.ts';
import { Peer } from './peer.ts';
import { ReplicaThread } from './replica/thread-replica.ts';

export interface PeersOptions {
  readonly manifest: Manifest;
  /** Multiaddrs that each peer binds; port 0 takes any free one. */
  readonly listen: readonly string[];
  /** Multiaddrs by which others reach the peer, where they are not those it binds; else none. */
  readonly announce: readonly string[];
  /** Multiaddrs of peers in the run; none for its first peer, which the others of its process join. */
  readonly join: readonly string[];
  /**
   * One for each peer of this process: which shard to train on; null draws one from the peer's name, which may leave
   * some shard to two peers.
   */
  readonly shards: readonly (number | null)[];
  /** The folder with the key and the checkpoint of a process' only peer; null for peers that leave nothing behind. */
  readonly state: string | null;
  /** Left out, every `DEFAULT_CHECKPOINT_SECONDS`. */
  readonly checkpointSeconds?: number | undefined;
  /** Memory of each peer for updates that others may still need; left out, `defaultLogBytes`. */
  readonly logBytes?: number | undefined;
  readonly events: (event: PeerEvent) => void;
  readonly signal: AbortSignal;
}

/**
 * The real peers of a process: TCP, the system's clock, and one thread for the replicas of all. What ends one of them by
 * an error ends all. Throws what `Peer.run` throws, and STATE_UNUSABLE.
 */
export async function runPeers(options: PeersOptions): Promise<void> {
  setTensorFlowEnvironment();
  const folders = { cacheFolder: dataCacheFolder(), tensorflowFolder: tensorflowFolder() };
  const thread = new ReplicaThread({ manifest: options.manifest, ...folders });
  const state = options.state === null ? null : await StateFolder.open(nodeDisk, options.state);
  try {
    await runAll(options, thread, state);
  } finally {
    await thread.stop();
    await state?.close();
  }
}

async function runAll(options: PeersOptions, thread: ReplicaThread, state: StateFolder | null): Promise<void> {
  const stop = linkedAbort(options.signal);
  const { signal } = stop;
  // Each peer waits for it at several places; Node warns from eleven on.
  setMaxListeners(0, signal);
  const first: Surroundings = { thread, state, memory: memoryOfProcess };
  const runs: Promise<void>[] = [];
  let { join } = options;
  // One after the other: handshakes are work, and many at a time only make all of them late.
  for (const shard of options.shards) {
    if (signal.aborted) break;
    await new Promise<void>((ready) => {
      const events = (event: PeerEvent) => {
        options.events(event);
        // The next one joins this one, not the peer that all other processes join: it has as many handshakes to do.
        if (event.type === 'listening') join = [...event.addresses, ...options.join];
        if (event.type === 'ready') ready();
      };
      const surroundings = runs.length === 0 ? first : { thread, state: null, memory: null };
      const run = runPeer({ ...options, join, signal, events }, shard, surroundings);
      runs.push(run.finally(ready));
      run.catch(() => stop.abort());
    });
  }
  const failed = (await Promise.allSettled(runs)).find((end) => end.status === 'rejected');
  stop.abort();
  if (failed !== undefined) throw failed.reason;
}

interface Surroundings {
  readonly thread: ReplicaThread;
  readonly state: StateFolder | null;
  /** Null for all but the first peer of a process, whose memory is told once. */
  readonly memory: (() => MemoryUse) | null;
}

async function runPeer(
  options: PeersOptions,
  wanted: number | null,
  { thread, state, memory }: Surroundings,
): Promise<void> {
  const { manifest, join, events, signal, logBytes, checkpointSeconds } = options;
  const network = await createNetwork(options, state);
  const shard = wanted ?? shardOfName(network.self, manifest.peers);
  const identity = new Identity(network.self, () => randomBytes(8).readBigUInt64BE());
  const replica = thread.host({ shard, origin: identity.origin });
  const components = { network, clock: systemClock, replica };
  const peer = new Peer(
    { ...components, ...(memory && { memory }), ...(state && { checkpoints: state.checkpoints }) },
    { manifest, shard, identity, join, emit: events, signal, logBytes, checkpointSeconds },
  );
  await peer.run();
}

/** With the key from the state folder, so that the peer comes back under its name. */
async function createNetwork({ listen, announce }: PeersOptions, state: StateFolder | null): Promise<Network> {
  if (state === null) return createLibp2pNetwork({ listen, announce });
  return createLibp2pNetwork({ listen, announce, privateKey: await state.key(identityKey) });
}

/** The replica thread has a heap of its own, which only newer versions of Node tell; it counts in what is resident. */
function memoryOfProcess(): MemoryUse {
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rssBytes: rss, heapUsedBytes: heapUsed, externalBytes: external };
}

function shardOfName(name: PeerName, peers: number): number {
  return createHash('sha256').update(name).digest().readUInt32BE() % peers;
}
