import type { Delta } from '../../src/sum/delta.ts';
import type { OriginKey } from '../../src/sum/origin.ts';
import { ReplicatedSum } from '../../src/sum/replicated-sum.ts';

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
  readonly origin: OriginKey;

  constructor(start: Int32Array, init: { unit: number; origin: OriginKey; hashSeed: number }) {
    this.sum = new ReplicatedSum(start, init.hashSeed);
    this.pending = new Float32Array(start.length);
    this.velocity = new Float32Array(start.length);
    this.unit = init.unit;
    this.origin = init.origin;
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

  /** Writes S in float32 over `into`. */
  shared(into: Float32Array): void {
    const { values } = this.sum;
    const { unit } = this;
    for (let i = 0; i < into.length; i++) into[i] = values[i]! * unit;
  }
}
