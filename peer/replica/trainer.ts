import { decodeFrame, decodeUpdate, encodeFrame } from '../../protocols/updates/frame.ts';
import type { ReplicaCompressor } from '../../src/compression/replica-compressor.ts';
import type { Compute } from '../../src/compute/compute.ts';
import { type Dataset, type Minibatch, sampleSize } from '../../src/datasets/dataset.ts';
import { Minibatches } from '../../src/datasets/minibatches.ts';
import { labelSkew, shardIndices } from '../../src/datasets/shards.ts';
import type { Manifest } from '../../src/manifest.ts';
import { initialParameters } from '../../src/models/initial-parameters.ts';
import { formatFingerprint, sameFingerprint } from '../../src/sum/fingerprint.ts';
import { latticeUnit, toLattice } from '../../src/sum/lattice.ts';
import type { OriginKey } from '../../src/sum/origin.ts';
import type { Clock } from '../../src/support/clock.ts';
import { MurmurError } from '../../src/support/errors.ts';
import { type Random, seededRandom } from '../../src/support/random.ts';
import { createStrategy } from '../strategies/create-strategy.ts';
import type { Publication, Strategy } from '../strategies/strategy.ts';
import type { EvaluationSamples } from './evaluation-samples.ts';
import { Replica } from './replica.ts';
import type {
  ArrivedFrame,
  Drift,
  EvaluationScope,
  ReplicaInfo,
  ReplicaScores,
  RoundInput,
  RoundOutput,
  Snapshot,
} from './replica-host.ts';
import { Schedule } from './schedule.ts';

/** Every this many frames an origin adds the hash of all it has published, so that each peer can check its own S. */
const FINGERPRINT_EVERY = 16;
/** S wraps at 2^31, which keeps replicas equal and ruins the model: half of that is never learnt, only diverged to. */
const MAX_LATTICE_VALUE = 2 ** 30;

export interface TrainerComponents {
  readonly compute: Compute;
  readonly dataset: Dataset;
  readonly samples: EvaluationSamples;
  readonly compressor: ReplicaCompressor;
  readonly clock: Clock;
}

export interface TrainerInit {
  readonly manifest: Manifest;
  /** Which shard this peer trains on, below `manifest.peers`. */
  readonly shard: number;
  readonly origin: OriginKey;
}

/** One peer's learning, round by round, free of sockets and threads: the heart of ARCHITECTURE.md's walk. */
export class Trainer {
  readonly #components: TrainerComponents;
  readonly #manifest: Manifest;
  readonly #replica: Replica;
  readonly #strategy: Strategy;
  readonly #schedule: Schedule;
  readonly #minibatches: Minibatches;
  readonly #weights: Float32Array;
  readonly #compressed: Float32Array;
  readonly #gradient: Float32Array;
  readonly #labelSkew: number;
  readonly #shardSamples: number;
  #round = 0;
  #samplesTotal = 0;

  constructor(components: TrainerComponents, { manifest, shard, origin }: TrainerInit) {
    const { compute, dataset } = components;
    const { layout } = compute;
    const unit = latticeUnit(manifest.exchange.latticeBits);
    const shared = seededRandom(manifest.seed);
    const own = shared.fork('peer').fork(shard);
    const labels = dataset.train.labels;
    const { labelsPerPeer } = manifest.data;
    const indices = shardIndices(labels, { peers: manifest.peers, peer: shard, labelsPerPeer, random: shared });
    this.#components = components;
    this.#manifest = manifest;
    this.#replica = new Replica(startValues(compute, unit, shared), { unit, origin, hashSeed: manifest.seed });
    this.#strategy = createStrategy({
      manifest,
      layout,
      replica: this.#replica,
      random: own.fork('selection'),
      phase: shard,
      startMs: components.clock.nowMs(),
    });
    this.#schedule = new Schedule(manifest);
    this.#minibatches = new Minibatches(
      dataset.train,
      sampleSize(dataset),
      indices,
      manifest.training.batch,
      own.fork('minibatches'),
    );
    this.#weights = new Float32Array(layout.size);
    this.#compressed = new Float32Array(layout.size);
    this.#gradient = new Float32Array(layout.size);
    this.#labelSkew = labelSkew(labels, indices, dataset.classes);
    this.#shardSamples = indices.length;
  }

  info(): ReplicaInfo {
    return { backend: this.#components.compute.backend, shardSamples: this.#shardSamples };
  }

  get localSteps(): number {
    return this.#strategy.localSteps;
  }

  /** One round: apply what arrived, train, publish (design, section 2). */
  async round(input: RoundInput): Promise<RoundOutput> {
    const { clock } = this.#components;
    const startMs = clock.nowMs();
    const drifts = this.absorb(input.arrived);
    const trainMs = clock.nowMs();
    const loss = await this.#train(input);
    const publishMs = clock.nowMs();
    const frame = this.#publish(input.swarmSamples, publishMs);
    const endMs = clock.nowMs();
    this.#round++;
    const { localSteps, lookahead } = this.#strategy;
    return {
      frame,
      samples: localSteps * this.#manifest.training.batch,
      localSteps,
      loss,
      lookahead: lookahead.describe(),
      computeMs: publishMs - trainMs,
      codecMs: trainMs - startMs + (endMs - publishMs),
      drifts,
    };
  }

  /** Adds frames to S. Their order is the caller's promise; that S still equals its updates is checked here. */
  absorb(arrived: readonly ArrivedFrame[]): readonly Drift[] {
    const { layout } = this.#components.compute;
    const nowMs = this.#components.clock.nowMs();
    const drifts: Drift[] = [];
    for (const { origin, bytes } of arrived) {
      const frame = decodeFrame(bytes, { layout, nowMs });
      const delta = decodeUpdate(frame, layout, this.#replica.unit);
      const standing = this.#replica.sum.apply({ origin, from: frame.from, to: frame.to, delta });
      if (standing !== 'next') throw drifted(origin, frame.to, `arrived out of order (${standing})`);
      const { fingerprint } = frame;
      if (fingerprint !== null && !sameFingerprint(fingerprint, this.#replica.sum.originFingerprint(origin))) {
        drifts.push({ origin, sequence: frame.to });
      }
    }
    return drifts;
  }

  async evaluate(scope: EvaluationScope): Promise<ReplicaScores> {
    const { clock, samples } = this.#components;
    const startMs = clock.nowMs();
    const whole = scope !== 'stand-in';
    const chosen = whole ? samples.whole : samples.standIn;
    this.#replica.shared(this.#weights);
    const accuracy = await this.#accuracy(chosen);
    this.#strategy.lookahead.weights(this.#weights);
    const latentAccuracy = scope === 'final' ? await this.#accuracy(chosen) : null;
    const tookMs = clock.nowMs() - startMs;
    if (!this.#replica.sum.isWithin(MAX_LATTICE_VALUE)) throw diverged('a weight leaves the range of the lattice');
    return { accuracy, latentAccuracy, whole, tookMs, fingerprintHolds: this.#replica.sum.holds() };
  }

  snapshot(): Snapshot {
    const { sum } = this.#replica;
    this.#replica.shared(this.#weights);
    return {
      values: sum.values.slice(),
      vector: [...sum.vector.entries()],
      fingerprint: formatFingerprint(sum.fingerprint()),
      fingerprintHolds: sum.holds(),
      replicaBytes: this.#components.compressor.sizeBytes(this.#weights),
    };
  }

  /** Of the weights at hand, compressed as they would be shipped. */
  async #accuracy(samples: Minibatch): Promise<number> {
    const { compute, compressor } = this.#components;
    compressor.compress(this.#weights, this.#compressed);
    return (await compute.evaluate(this.#compressed, samples)).accuracy;
  }

  /** The local steps; returns their mean loss. */
  async #train({ members, delayRounds, swarmSamples }: RoundInput): Promise<number> {
    const { compute, compressor } = this.#components;
    const { lookahead, localSteps } = this.#strategy;
    const rate = this.#schedule.rate(swarmSamples) * this.#strategy.contribution(members);
    lookahead.beginRound({ members, delayRounds, localSteps, labelSkew: this.#labelSkew });
    let loss = 0;
    for (let step = 0; step < localSteps; step++) {
      lookahead.weights(this.#weights);
      compressor.compress(this.#weights, this.#compressed);
      loss += await compute.gradient(this.#compressed, this.#minibatches.next(), this.#gradient);
      maskGradient(this.#gradient, compressor.mask());
      this.#replica.learn(this.#gradient, rate, this.#manifest.training.momentum);
      lookahead.learnt();
    }
    if (!Number.isFinite(loss)) throw diverged(`the loss is ${loss}`);
    this.#samplesTotal += localSteps * this.#manifest.training.batch;
    return loss / localSteps;
  }

  /** Moves a publication from `pending` to S, and frames it for the others. */
  #publish(swarmSamples: number, nowMs: number): RoundOutput['frame'] {
    const mask = this.#components.compressor.mask();
    const publication = this.#strategy.publication({ round: this.#round, swarmSamples, nowMs, mask });
    const sequence = this.#replica.publish(publication.delta, publication.sparse);
    this.#strategy.lookahead.published(publication.delta);
    return this.#strategy.shared ? { sequence, bytes: this.#frame(publication, sequence, nowMs) } : null;
  }

  #frame(
    { partition, partitions, code, encoded, pendingMs }: Publication,
    sequence: number,
    nowMs: number,
  ): Uint8Array {
    const { sum, origin } = this.#replica;
    return encodeFrame({
      from: sequence - 1,
      to: sequence,
      samples: this.#samplesTotal,
      publishedAtMs: nowMs,
      pendingMs,
      partition,
      partitions,
      code,
      magnitudes: encoded.magnitudes,
      payload: encoded.payload,
      fingerprint: sequence % FINGERPRINT_EVERY === 0 ? sum.originFingerprint(origin) : null,
      signature: null,
    });
  }
}

/** The start vector: a pure function of the manifest, so that all peers start from the same bits. */
function startValues(compute: Compute, unit: number, random: Random): Int32Array {
  return toLattice(initialParameters(compute.layout, random.fork('start')), unit);
}

/** What the replica's own masks prune takes no gradient (design, section 7). */
function maskGradient(gradient: Float32Array, mask: Uint8Array | null): void {
  if (mask === null) return;
  for (let i = 0; i < gradient.length; i++) if (mask[i] === 0) gradient[i] = 0;
}

function diverged(problem: string): MurmurError {
  const mend = 'lower training.rate, or give exchange.lookahead a larger factor';
  return new MurmurError({ code: 'TRAINING_DIVERGED', field: 'training.rate', problem, mend });
}

function drifted(origin: OriginKey, sequence: number, problem: string): MurmurError {
  return new MurmurError({ code: 'REPLICA_DRIFTED', origin, sequence, problem });
}
