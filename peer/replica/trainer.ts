import { decodeReplicaImage, encodeReplicaImage } from '../../protocols/replica/image.ts';
import type { MadeImage } from '../../protocols/replica/recent-images.ts';
import { FrameReader, type UpdateReader } from '../../protocols/updates/update-reader.ts';
import type { ReplicaCompressor } from '../../src/compression/replica-compressor.ts';
import type { Compute } from '../../src/compute/compute.ts';
import { type Dataset, type Minibatch, sampleSize } from '../../src/datasets/dataset.ts';
import { Minibatches } from '../../src/datasets/minibatches.ts';
import { labelSkew, shardIndices } from '../../src/datasets/shards.ts';
import type { Manifest } from '../../src/manifest.ts';
import { initialParameters } from '../../src/models/initial-parameters.ts';
import { formatFingerprint, sameFingerprint } from '../../src/sum/fingerprint.ts';
import { latticeUnit, MAX_LATTICE_VALUE, toLattice } from '../../src/sum/lattice.ts';
import type { OriginKey } from '../../src/sum/origin.ts';
import { VersionVector } from '../../src/sum/version-vector.ts';
import type { Clock } from '../../src/support/clock.ts';
import { MurmurError } from '../../src/support/errors.ts';
import { type Random, seededRandom } from '../../src/support/random.ts';
import { createStrategy } from '../strategies/create-strategy.ts';
import type { Strategy } from '../strategies/strategy.ts';
import type { EvaluationSamples } from './evaluation-samples.ts';
import { Replica, type ReplicaInit } from './replica.ts';
import type {
  Adoption,
  ArrivedFrame,
  Drift,
  EvaluationScope,
  ReplicaInfo,
  ReplicaScores,
  RoundInput,
  RoundOutput,
  Snapshot,
} from './replica-host.ts';
import { decodeReplicaState, encodeReplicaState, type ReplicaContext } from './replica-state.ts';
import { Schedule } from './schedule.ts';
import { type ArrivedUpdate, frameOf, updateOf } from './update-frames.ts';

export interface TrainerComponents {
  readonly compute: Compute;
  readonly dataset: Dataset;
  readonly samples: EvaluationSamples;
  readonly compressor: ReplicaCompressor;
  readonly clock: Clock;
  /** Left out, a plain `Replica`; a simulation makes one that it watches. */
  readonly createReplica?: (start: Int32Array, init: ReplicaInit) => Replica;
  /** Left out, one of its own. */
  readonly reader?: UpdateReader;
}

export interface TrainerInit {
  readonly manifest: Manifest;
  /** Which shard this peer trains on, below `manifest.peers`. */
  readonly shard: number;
  readonly origin: OriginKey;
  /** To go on from; null for a peer that begins. Throws MESSAGE_INVALID where it is none of this model. */
  readonly checkpoint: Uint8Array | null;
}

/** One peer's learning, round by round, free of sockets and threads: the heart of ARCHITECTURE.md's walk. */
export class Trainer {
  readonly #components: TrainerComponents;
  readonly #manifest: Manifest;
  readonly #replica: Replica;
  readonly #reader: UpdateReader;
  readonly #strategy: Strategy;
  readonly #schedule: Schedule;
  readonly #minibatches: Minibatches;
  readonly #weights: Float32Array;
  readonly #compressed: Float32Array;
  readonly #gradient: Float32Array;
  readonly #labelSkew: number;
  readonly #shardSamples: number;
  readonly #context: ReplicaContext;
  #round = 0;
  /** Samples drawn from the shard. */
  #drawn = 0;

  constructor(components: TrainerComponents, { manifest, shard, origin, checkpoint }: TrainerInit) {
    const { compute, dataset } = components;
    const { layout } = compute;
    const unit = latticeUnit(manifest.exchange.latticeBits);
    const shared = seededRandom(manifest.seed);
    const own = shared.fork('peer').fork(shard);
    const labels = dataset.train.labels;
    const { labelsPerPeer } = manifest.data;
    const indices = shardIndices(labels, { peers: manifest.peers, peer: shard, labelsPerPeer, random: shared });
    const hashSeed = manifest.seed;
    const start = startValues(compute, unit, shared);
    this.#components = components;
    this.#reader = components.reader ?? new FrameReader(layout, unit);
    this.#manifest = manifest;
    this.#context = { start, hashSeed };
    const createReplica = components.createReplica ?? ((values, init) => new Replica(values, init));
    this.#replica = createReplica(start.slice(), { unit, origin, hashSeed });
    const state = checkpoint && decodeReplicaState(checkpoint, this.#context);
    this.#strategy = createStrategy({
      manifest,
      layout,
      replica: this.#replica,
      random: own.fork('selection'),
      phase: shard,
      startMs: state?.atMs ?? components.clock.nowMs(),
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
    if (state === null) return;
    this.#replica.restore(state.remains);
    this.#round = state.round;
    this.#drawn = state.drawn;
    this.#minibatches.advance(state.drawn);
  }

  info(): ReplicaInfo {
    const vector = [...this.#replica.sum.vector.entries()];
    return { backend: this.#components.compute.backend, shardSamples: this.#shardSamples, vector };
  }

  /** One round: apply what arrived, train, publish (design, section 2). */
  async round(input: RoundInput): Promise<RoundOutput> {
    const { clock } = this.#components;
    const startMs = clock.nowMs();
    const drifts = this.absorb(input.arrived);
    const trainMs = clock.nowMs();
    const loss = await this.#train(input);
    const publishMs = clock.nowMs();
    const { frame, residueShare, pendingMs } = this.#publish(input, publishMs);
    const endMs = clock.nowMs();
    this.#round++;
    return {
      frame,
      samples: this.#samplesOf(input),
      localSteps: input.setting.localSteps,
      residueShare,
      pendingMs,
      loss,
      lookahead: this.#strategy.lookahead.describe(),
      computeMs: publishMs - trainMs,
      codecMs: trainMs - startMs + (endMs - publishMs),
      drifts,
    };
  }

  /** Adds frames to S. Their order is the caller's promise; that S still equals its updates is checked here. */
  absorb(arrived: readonly ArrivedFrame[]): readonly Drift[] {
    const drifts: Drift[] = [];
    for (const each of arrived) {
      const update = this.#decode(each);
      const { origin, to, fingerprint } = update;
      const standing = this.#replica.apply(update);
      if (standing !== 'next') throw drifted(origin, to, `arrived out of order (${standing})`);
      if (fingerprint !== null && !sameFingerprint(fingerprint, this.#replica.sum.originFingerprint(origin))) {
        drifts.push({ origin, sequence: to });
      }
    }
    return drifts;
  }

  /** Puts another peer's S in the place of this one's, and adds to it what only this peer holds. */
  adopt({ image, vector, replay, givenUp }: Adoption): readonly Drift[] {
    const sum = decodeReplicaImage(image, this.#context);
    // What is replayed goes on from where the image was told to stand.
    if (!new VersionVector(sum.vector).equals(new VersionVector(vector))) throw standsElsewhere();
    this.#replica.adopt(sum);
    if (givenUp !== null) {
      const deltas = givenUp.updates.map((each) => this.#decode(each).delta);
      this.#replica.giveUp(givenUp.above, deltas, givenUp.next);
    }
    return this.absorb(replay);
  }

  image(): MadeImage {
    const image = this.#replica.sum.image();
    return { bytes: encodeReplicaImage(image, this.#context.start), vector: image.vector };
  }

  checkpoint(): Uint8Array {
    const atMs = this.#components.clock.nowMs();
    const state = { remains: this.#replica.remains(), round: this.#round, drawn: this.#drawn, atMs };
    return encodeReplicaState(state, this.#context.start);
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
  async #train(input: RoundInput): Promise<number> {
    const { compute, compressor } = this.#components;
    const { lookahead } = this.#strategy;
    const { members, delayRounds, swarmSamples } = input;
    const { localSteps } = input.setting;
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
    this.#drawn += this.#samplesOf(input);
    return loss / localSteps;
  }

  #samplesOf({ setting }: RoundInput): number {
    return setting.localSteps * this.#manifest.training.batch;
  }

  #decode(arrived: ArrivedFrame): ArrivedUpdate {
    return updateOf(arrived, this.#reader, this.#components.clock.nowMs());
  }

  /** Moves a publication from `pending` to S, and frames it for the others. */
  #publish(input: RoundInput, nowMs: number): Pick<RoundOutput, 'frame' | 'residueShare' | 'pendingMs'> {
    const { setting, ownSamples } = input;
    const mask = this.#components.compressor.mask();
    const publication = this.#strategy.publication({ round: this.#round, setting, nowMs, mask });
    const masks = publication.sparse && this.#strategy.lookahead.masksMomentum;
    const sequence = this.#replica.publish(publication.delta, masks);
    this.#strategy.lookahead.published(publication.delta);
    const { residueShare, pendingMs } = publication;
    if (!this.#strategy.shared) return { frame: null, residueShare, pendingMs };
    const mark = { sequence, samples: ownSamples + this.#samplesOf(input), publishedAtMs: nowMs };
    return { frame: { sequence, bytes: frameOf(this.#replica, publication, mark) }, residueShare, pendingMs };
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

function standsElsewhere(): MurmurError {
  const problem = 'is not the one that was told before it came';
  return new MurmurError({ code: 'MESSAGE_INVALID', message: 'replica image', field: 'vector', problem });
}

function drifted(origin: OriginKey, sequence: number, problem: string): MurmurError {
  return new MurmurError({ code: 'REPLICA_DRIFTED', origin, sequence, problem });
}
