import type { CheckpointStore } from '../../peer/checkpoint/checkpoint-store.ts';
import type { PeerEvent, PeerReport } from '../../peer/events.ts';
import { Peer } from '../../peer/peer.ts';
import type { EvaluationSamples } from '../../peer/replica/evaluation-samples.ts';
import { InlineReplica } from '../../peer/replica/inline-replica.ts';
import { Replica, type ReplicaInit } from '../../peer/replica/replica.ts';
import type { ArrivedFrame } from '../../peer/replica/replica-host.ts';
import { Trainer } from '../../peer/replica/trainer.ts';
import type { Network } from '../../protocols/network.ts';
import { addressOf } from '../../protocols/simulated/addresses.ts';
import type { SimulatedHub } from '../../protocols/simulated/hub.ts';
import type { decodeStatus } from '../../protocols/status/messages.ts';
import type { UpdateReader } from '../../protocols/updates/update-reader.ts';
import { identityCompressor } from '../../src/compression/replica-compressor.ts';
import type { Compute } from '../../src/compute/compute.ts';
import type { Dataset } from '../../src/datasets/dataset.ts';
import type { Manifest } from '../../src/manifest.ts';
import { Identity } from '../../src/sum/identity.ts';
import type { PeerName } from '../../src/sum/origin.ts';
import type { VirtualClock } from '../../src/support/virtual-clock.ts';
import type { VirtualMachine } from './virtual-machine.ts';

export interface VirtualPeerComponents {
  readonly compute: Compute;
  readonly dataset: Dataset;
  readonly samples: EvaluationSamples;
  readonly clock: VirtualClock;
  readonly hub: SimulatedHub;
  readonly machine: VirtualMachine;
  /** These are shared by all peers. */
  readonly reader: UpdateReader;
  readonly readStatus: typeof decodeStatus;
}

export interface VirtualPeerInit {
  readonly index: number;
  readonly manifest: Manifest;
  readonly logBytes?: number;
  readonly checkpointSeconds?: number;
  readonly drawIncarnation: () => bigint;
  readonly emit: (event: PeerEvent) => void;
  readonly onPublished?: (update: ArrivedFrame) => void;
  readonly watch?: PeerWatch;
}

/** Sees what passes through the parts of every process that is started. */
export interface PeerWatch {
  readonly replica: (peer: PeerName, start: Int32Array, init: ReplicaInit) => Replica;
  readonly network: (network: Network) => void;
}

export function peerName(index: number): PeerName {
  return `peer-${index}`;
}

export function peerIndex(name: PeerName): number {
  return Number(name.slice('peer-'.length));
}

/** So many join one planned peer, so that none of hundreds is dialled by all. */
const JOINERS = 16;

/** A simulated machine with a disk, on which one peer process runs after the other. */
export class VirtualPeer {
  readonly index: number;
  readonly name: string;
  readonly #components: VirtualPeerComponents;
  readonly #init: VirtualPeerInit;
  /** Of the process that runs; null while none does. */
  life: Promise<PeerReport> | null = null;
  /** Of the process that runs, from when it has loaded it. */
  replica: Replica | null = null;
  #power = new AbortController();
  #disk: Uint8Array | null = null;
  #diskFrozen = false;
  #isFirstStart = true;

  constructor(components: VirtualPeerComponents, init: VirtualPeerInit) {
    this.index = init.index;
    this.name = peerName(init.index);
    this.#components = components;
    this.#init = init;
  }

  start(): void {
    const { clock, hub, machine, reader, readStatus } = this.#components;
    const { index, manifest, logBytes, checkpointSeconds, drawIncarnation, emit, onPublished, watch } = this.#init;
    this.#power = new AbortController();
    const { signal } = this.#power;
    const identity = new Identity(this.name, drawIncarnation);
    const shard = index % manifest.peers;
    const createTrainer = (checkpoint: Uint8Array | null) => {
      const createReplica = (start: Int32Array, init: ReplicaInit) => {
        const replica = watch?.replica(this.name, start, init) ?? new Replica(start, init);
        if (!signal.aborted) this.replica = replica;
        return replica;
      };
      const parts = { ...this.#components, compressor: identityCompressor, createReplica };
      return new Trainer(parts, { manifest, shard, origin: identity.origin, checkpoint });
    };
    const replica = new InlineReplica(createTrainer, {
      clock,
      machine,
      onPublished: (bytes) => signal.aborted || onPublished?.({ origin: identity.origin, bytes }),
    });
    const network = hub.network(this.name);
    watch?.network(network);
    const peer = new Peer(
      { network, clock, replica, checkpoints: this.#store(signal), reader, readStatus },
      {
        manifest,
        shard,
        identity,
        join: this.#others(),
        emit: (event) => signal.aborted || emit(event),
        signal,
        logBytes,
        checkpointSeconds,
      },
    );
    this.#isFirstStart = false;
    this.life = peer.run();
    // Whoever waits for it hears of its failure, if it has not crashed by then.
    this.life.catch(() => {});
  }

  crash(): void {
    this.life = null;
    this.replica = null;
    this.#power.abort();
    this.#components.hub.cut(this.name);
  }

  freezeDisk(): void {
    this.#diskFrozen = true;
  }

  /** Changes what it takes of the usual times. */
  slow(slowness: number): void {
    this.#components.machine.slowness = slowness;
  }

  /** The first peer starts the run, each planned one joins one before it; whoever comes later asks all of them. */
  #others(): string[] {
    const { manifest } = this.#init;
    if (this.#isFirstStart && this.index < manifest.peers) {
      return this.index === 0 ? [] : [addressOf(peerName(Math.floor((this.index - 1) / JOINERS)))];
    }
    const names = Array.from({ length: manifest.peers }, (_, index) => peerName(index));
    return names.filter((name) => name !== this.name).map(addressOf);
  }

  #store(power: AbortSignal): CheckpointStore {
    return {
      place: `the disk of ${this.name}`,
      load: async () => this.#disk?.slice() ?? null,
      save: async (checkpoint) => {
        if (!power.aborted && !this.#diskFrozen) this.#disk = checkpoint;
      },
    };
  }
}
