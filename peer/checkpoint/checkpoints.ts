import { MAX_INCARNATIONS } from '../../protocols/updates/constants.ts';
import { type PeerName, peerOf } from '../../src/sum/origin.ts';
import type { Clock } from '../../src/support/clock.ts';
import { isFailure, MurmurError } from '../../src/support/errors.ts';
import type { Narrator } from '../narrator.ts';
import type { SwarmClock } from '../progress/swarm-clock.ts';
import type { Tally } from '../progress/tally.ts';
import type { ReplicaHost, ReplicaInfo } from '../replica/replica-host.ts';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, maxCheckpointBytes } from './checkpoint.ts';
import type { CheckpointStore } from './checkpoint-store.ts';

/** Between two checkpoints: what a crash loses of a peer's learning is little beside what it has published. */
export const DEFAULT_CHECKPOINT_SECONDS = 15;

export interface CheckpointsComponents {
  readonly clock: Clock;
  readonly replica: ReplicaHost;
  /** Null where none are kept. */
  readonly store: CheckpointStore | null;
  readonly swarm: SwarmClock;
  readonly tally: Tally;
  readonly narrator: Narrator;
}

export interface CheckpointsInit {
  readonly manifest: string;
  readonly peer: PeerName;
  readonly shard: number;
  readonly parameters: number;
  /** Between two: as much learning is lost at the most when the process dies. */
  readonly everyMs: number;
}

/** A peer's checkpoints: read at its start, made between rounds, written beside them. */
export class Checkpoints {
  readonly #components: CheckpointsComponents;
  readonly #init: CheckpointsInit;
  #lastMs: number;
  #writing: Promise<void> | null = null;

  constructor(components: CheckpointsComponents, init: CheckpointsInit) {
    this.#components = components;
    this.#init = init;
    this.#lastMs = components.clock.nowMs();
  }

  /**
   * Starts the replica from the latest checkpoint, or anew where there is none. Throws what `ReplicaHost.start` throws,
   * and STATE_UNUSABLE where the checkpoint is damaged, of another run, or of a peer whose updates nobody takes any more.
   */
  async startReplica(): Promise<ReplicaInfo> {
    const { replica, swarm, tally, narrator, store, clock } = this.#components;
    const startMs = clock.nowMs();
    if (store === null) return replica.start(null);
    try {
      const checkpoint = await this.#load(store);
      const info = await replica.start(checkpoint?.replica ?? null);
      this.#lastMs = clock.nowMs();
      if (checkpoint === null) return info;
      this.#refuseOneTooMany(info.vector, store.place);
      tally.rounds = checkpoint.rounds;
      swarm.toldOfSelf(checkpoint.samples);
      for (const [name, samples] of checkpoint.samplesOfOthers) swarm.rumoured(name, samples);
      const { rounds, samples } = checkpoint;
      narrator.say({ type: 'restored', rounds, samples, tookSeconds: (clock.nowMs() - startMs) / 1000 });
      return info;
    } catch (error) {
      if (!isFailure(error, 'MESSAGE_INVALID')) throw error;
      const mend = 'give the peer an empty --state folder: it then joins anew';
      throw unusable(store.place, error.message, mend);
    }
  }

  /** The others drop what an incarnation too many publishes, and cannot tell it. */
  #refuseOneTooMany(vector: ReplicaInfo['vector'], place: string): void {
    const own = vector.filter(([origin]) => peerOf(origin) === this.#init.peer);
    if (own.length < MAX_INCARNATIONS) return;
    const mend = 'give the peer an empty --state folder: it then joins under a new name';
    throw unusable(place, `the peer has published in ${own.length} processes, as many as its name may`, mend);
  }

  /** Between rounds: makes one where it is time, and the one before is written. */
  async keepUp(): Promise<void> {
    const { store, clock } = this.#components;
    if (store === null || this.#writing !== null) return;
    if (clock.nowMs() - this.#lastMs >= this.#init.everyMs) await this.#make(store);
  }

  /** Makes one whether it is time or not, and waits until it is written. */
  async now(): Promise<void> {
    const { store } = this.#components;
    if (store === null) return;
    await this.#writing;
    await this.#make(store);
    await this.#writing;
  }

  /** Waits until the one that was made last is written. */
  async written(): Promise<void> {
    await this.#writing;
  }

  async #load(store: CheckpointStore): Promise<Checkpoint | null> {
    const { manifest, shard, parameters } = this.#init;
    const bytes = await store.load(maxCheckpointBytes(parameters));
    if (bytes === null) return null;
    const checkpoint = decodeCheckpoint(bytes, parameters);
    const mend = 'name another --state folder, or start with the manifest and shard that it was made with';
    if (checkpoint.manifest !== manifest) throw unusable(store.place, 'manifest: is of another run', mend);
    if (checkpoint.shard !== shard) throw unusable(store.place, `shard: is ${checkpoint.shard}, not ${shard}`, mend);
    return checkpoint;
  }

  /** Returns when the replica goes on; writing takes as long as the disk does. */
  async #make(store: CheckpointStore): Promise<void> {
    const { clock, replica, swarm, tally, narrator } = this.#components;
    const startMs = clock.nowMs();
    this.#lastMs = startMs;
    const bytes = encodeCheckpoint({
      manifest: this.#init.manifest,
      shard: this.#init.shard,
      rounds: tally.rounds,
      samples: swarm.own,
      samplesOfOthers: [...swarm.ofOthers()],
      replica: await replica.checkpoint(),
    });
    const heldSeconds = (clock.nowMs() - startMs) / 1000;
    const { rounds } = tally;
    const save = async () => {
      try {
        await store.save(bytes);
        narrator.say({ type: 'checkpointed', rounds, bytes: bytes.length, heldSeconds });
      } catch (error) {
        // The one before stands, and the next may do better.
        if (!isFailure(error)) throw error;
        narrator.warn(error.code, error.message);
      } finally {
        this.#writing = null;
      }
    };
    this.#writing = save();
  }
}

function unusable(path: string, problem: string, mend: string): MurmurError {
  return new MurmurError({ code: 'STATE_UNUSABLE', path, problem, mend });
}
