import type { CheckpointStore } from '../../peer/checkpoint/checkpoint-store.ts';
import type { PeerEvent, PeerReport } from '../../peer/events.ts';
import { Peer } from '../../peer/peer.ts';
import type { EvaluationSamples } from '../../peer/replica/evaluation-samples.ts';
import { type ComputeModel, InlineReplica } from '../../peer/replica/inline-replica.ts';
import type { ArrivedFrame } from '../../peer/replica/replica-host.ts';
import { Trainer } from '../../peer/replica/trainer.ts';
import type { MemoryHub } from '../../protocols/memory/hub.ts';
import type { UpdateReader } from '../../protocols/updates/update-reader.ts';
import { identityCompressor } from '../../src/compression/replica-compressor.ts';
import type { Compute } from '../../src/compute/compute.ts';
import type { Dataset } from '../../src/datasets/dataset.ts';
import type { Manifest } from '../../src/manifest.ts';
import { Identity } from '../../src/sum/identity.ts';
import type { VirtualClock } from '../../src/support/virtual-clock.ts';

export interface VirtualPeerComponents {
  readonly compute: Compute;
  readonly dataset: Dataset;
  readonly samples: EvaluationSamples;
  readonly clock: VirtualClock;
  readonly hub: MemoryHub;
  /** Shared by all peers. */
  readonly reader: UpdateReader;
}

export interface VirtualPeerInit {
  readonly index: number;
  readonly manifest: Manifest;
  readonly model: ComputeModel;
  readonly logBytes?: number;
  readonly checkpointSeconds?: number;
  readonly drawIncarnation: () => bigint;
  readonly emit: (event: PeerEvent) => void;
  readonly onPublished?: (update: ArrivedFrame) => void;
}

/** A simulated machine with a disk, on which one peer process runs after the other. */
export class VirtualPeer {
  readonly index: number;
  readonly name: string;
  readonly #components: VirtualPeerComponents;
  readonly #init: VirtualPeerInit;
  /** Of the process that runs; null while none does. */
  life: Promise<PeerReport> | null = null;
  #trainer!: Trainer;
  #power = new AbortController();
  #disk: Uint8Array | null = null;
  #diskFrozen = false;
  #isFirstStart = true;

  constructor(components: VirtualPeerComponents, init: VirtualPeerInit) {
    this.index = init.index;
    this.name = `peer-${init.index}`;
    this.#components = components;
    this.#init = init;
  }

  start(): void {
    const { clock, hub, reader } = this.#components;
    const { index, manifest, model, logBytes, checkpointSeconds, drawIncarnation, emit, onPublished } = this.#init;
    this.#power = new AbortController();
    const { signal } = this.#power;
    const identity = new Identity(this.name, drawIncarnation);
    const shard = index % manifest.peers;
    const createTrainer = (checkpoint: Uint8Array | null) => {
      const parts = { ...this.#components, compressor: identityCompressor };
      this.#trainer = new Trainer(parts, { manifest, shard, origin: identity.origin, checkpoint });
      return this.#trainer;
    };
    const replica = new InlineReplica(createTrainer, {
      clock,
      model,
      onPublished: (bytes) => signal.aborted || onPublished?.({ origin: identity.origin, bytes }),
    });
    const peer = new Peer(
      { network: hub.network(this.name), clock, replica, checkpoints: this.#store(signal), reader },
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
  }

  crash(): void {
    // Whatever becomes of it, nobody sees it any more.
    this.life?.catch(() => {});
    this.life = null;
    this.#power.abort();
    this.#components.hub.cut(this.name);
  }

  freezeDisk(): void {
    this.#diskFrozen = true;
  }

  /** S. */
  values(): Int32Array {
    return this.#trainer.snapshot().values;
  }

  /** The first peer starts the run, the planned ones join it; whoever comes later asks all of them. */
  #others(): string[] {
    const { manifest } = this.#init;
    if (this.#isFirstStart && this.index < manifest.peers) return this.index === 0 ? [] : ['/memory/peer-0'];
    const names = Array.from({ length: manifest.peers }, (_, index) => `peer-${index}`);
    return names.filter((name) => name !== this.name).map((name) => `/memory/${name}`);
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
