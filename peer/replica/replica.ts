import type { Delta } from '../../src/sum/delta.ts';
import { isOf, type OriginKey, type PeerName, peerOf } from '../../src/sum/origin.ts';
import { ReplicatedSum, type SumImage, type Update } from '../../src/sum/replicated-sum.ts';
import type { Standing } from '../../src/sum/version-vector.ts';
import { addScaled, OwnPast } from './own-past.ts';

/** What of a replica outlives its process. */
export interface ReplicaRemains {
  readonly sum: SumImage;
  readonly pending: Float32Array;
  readonly velocity: Float32Array;
  /** See `OwnPast`. */
  readonly givenUp: readonly (readonly [OriginKey, number])[];
  readonly returned: readonly (readonly [OriginKey, number])[];
}

export interface ReplicaInit {
  /** Size of one lattice step. */
  readonly unit: number;
  /** To publish under. */
  readonly origin: OriginKey;
  /** Equal at all peers of a run. */
  readonly hashSeed: number;
}

const NO_PAST = { restored: false, givenUp: [], returned: [] };

/**
 * One peer's copy of the model, three vectors of one length: the shared sum S (integers), `pending` (learnt, already
 * multiplied by the contribution factor, not yet published), and the optimiser's velocity.
 *
 * Invariant: publishing conserves `S * unit + pending` to float rounding. What was not sent, not selected or rounded
 * away stays in `pending`: error feedback and Ako's accumulation in one buffer (design, section 1).
 */
export class Replica {
  readonly sum: ReplicatedSum;
  readonly pending: Float32Array;
  readonly velocity: Float32Array;
  readonly unit: number;
  #origin: OriginKey;
  readonly #peer: PeerName;
  #past = new OwnPast(NO_PAST);

  /** Takes over `start`. */
  constructor(start: Int32Array, init: ReplicaInit) {
    this.sum = new ReplicatedSum(start, init.hashSeed);
    this.pending = new Float32Array(start.length);
    this.velocity = new Float32Array(start.length);
    this.unit = init.unit;
    this.#origin = init.origin;
    this.#peer = peerOf(init.origin);
  }

  /** Under which this peer publishes. */
  get origin(): OriginKey {
    return this.#origin;
  }

  /** Goes on where an earlier process of this peer stood, under another origin. */
  restore({ sum, pending, velocity, givenUp, returned }: ReplicaRemains): void {
    this.sum.adopt(sum);
    this.pending.set(pending);
    this.velocity.set(velocity);
    // What was in S when the checkpoint was made had left `pending` by then.
    const inSum = sum.vector.filter(([origin]) => this.#isFormer(origin));
    this.#past = new OwnPast({ restored: true, givenUp, returned: [...returned, ...inSum] });
  }

  /** Nothing is copied. */
  remains(): ReplicaRemains {
    const { sum, pending, velocity } = this;
    const { givenUp, returned } = this.#past;
    return { sum: sum.image(), pending, velocity, givenUp, returned };
  }

  /** Adds an update from elsewhere to S; one of this peer's own past also acts on `pending`. Tells how it stood. */
  apply(update: Update): Standing {
    const { origin, to, delta } = update;
    const standing = this.sum.apply(update);
    if (standing === 'next' && this.#isFormer(origin)) {
      this.#past.comesBack(origin, to, delta, this.pending, this.unit);
    }
    return standing;
  }

  /**
   * Puts another peer's sum in the place of this one. Where it holds own updates that may be in `pending` still, nobody
   * can tell them from the rest of it: `pending` goes, and velocity with it, or they would be published twice.
   */
  adopt(image: SumImage): void {
    const holdsPending = image.vector.some(
      ([origin, sequence]) => this.#isFormer(origin) && this.#past.mayBePending(origin, sequence),
    );
    this.sum.adopt(image);
    if (!holdsPending) return;
    this.pending.fill(0);
    this.velocity.fill(0);
    // Nothing of the past is left in it.
    this.#past = new OwnPast(NO_PAST);
  }

  /**
   * Gives up what this peer published and the sum adopted lacks, and goes on under another origin.
   * @param above beyond this sequence it goes back into `pending`
   * @param deltas the updates beyond
   */
  giveUp(above: number, deltas: readonly Delta[], next: OriginKey): void {
    for (const delta of deltas) addScaled(this.pending, delta, this.unit);
    this.#past.gaveUp(this.#origin, above);
    this.#origin = next;
  }

  get size(): number {
    return this.pending.length;
  }

  /**
   * Takes one step of SGD with momentum into `pending`. Momentum acts before selection (momentum correction, Lin et
   * al., ICLR 2018, section 3.1).
   * @param rate learning rate, contribution factor included
   */
  learn(gradient: Float32Array, rate: number, momentum: number): void {
    const { pending, velocity } = this;
    for (let i = 0; i < pending.length; i++) {
      const v = momentum * velocity[i]! + rate * gradient[i]!;
      velocity[i] = v;
      pending[i]! -= v;
    }
  }

  /**
   * Moves exactly the decoded values of an own update from `pending` into S and tells its sequence. Where selection
   * was sparse the velocity of what was sent is zeroed, so that it does not push the same way twice (momentum factor
   * masking, Lin et al., section 3.2).
   */
  publish(delta: Delta, sparse: boolean): number {
    const { pending, velocity, unit } = this;
    const { positions, offset, values } = delta;
    const from = this.sum.vector.get(this.origin);
    this.sum.apply({ origin: this.origin, from, to: from + 1, delta });
    for (let k = 0; k < values.length; k++) {
      const index = positions === null ? offset + k : positions[k]!;
      pending[index]! -= values[k]! * unit;
      if (sparse) velocity[index] = 0;
    }
    return from + 1;
  }

  #isFormer(origin: OriginKey): boolean {
    return origin !== this.#origin && isOf(origin, this.#peer);
  }

  /** Writes S in float32 over `into`. */
  shared(into: Float32Array): void {
    const { values } = this.sum;
    const { unit } = this;
    for (let i = 0; i < into.length; i++) into[i] = values[i]! * unit;
  }
}
