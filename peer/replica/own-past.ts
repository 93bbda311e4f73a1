import type { Delta } from '../../src/sum/delta.ts';
import type { OriginKey } from '../../src/sum/origin.ts';

/**
 * What updates that this peer once published do to `pending` when they come back from others, for what they carry may
 * still be in it (design, section 1, restore).
 *
 * Those of a process before the checkpoint was restored shrink `pending` toward zero by at most their value and never
 * across zero: what they took from it held learning that the checkpoint never had. Those that this peer gave up for
 * another's replica went back into `pending` whole, and are taken out of it whole.
 */
export class OwnPast {
  /** Whether `pending` came from a checkpoint. */
  readonly restored: boolean;
  /** Origins given up, and beyond which sequence their updates went back into `pending`. */
  readonly #givenUp: Map<OriginKey, number>;

  constructor(restored: boolean, givenUp: Iterable<readonly [OriginKey, number]>) {
    this.restored = restored;
    this.#givenUp = new Map(givenUp);
  }

  get givenUp(): readonly (readonly [OriginKey, number])[] {
    return [...this.#givenUp];
  }

  /** `origin` is given up; its updates beyond `above` went back into `pending`. */
  gaveUp(origin: OriginKey, above: number): void {
    this.#givenUp.set(origin, above);
  }

  /** Whether `pending` may hold what a former origin of this peer published. */
  mayBePending(origin: OriginKey): boolean {
    return this.restored || this.#givenUp.has(origin);
  }

  /** Update `to` of a former origin of this peer has come back, and was added to S. */
  returned(origin: OriginKey, to: number, delta: Delta, pending: Float32Array, unit: number): void {
    const above = this.#givenUp.get(origin);
    if (above === undefined) {
      if (this.restored) shrink(pending, delta, unit);
    } else if (to > above) {
      addScaled(pending, delta, -unit);
    }
  }
}

/** Moves entries toward zero by at most the delta's, where those have the same sign. */
export function shrink(pending: Float32Array, { positions, offset, values }: Delta, unit: number): void {
  for (let k = 0; k < values.length; k++) {
    const index = positions === null ? offset + k : positions[k]!;
    const value = values[k]! * unit;
    const held = pending[index]!;
    if (value > 0) pending[index] = Math.min(held, Math.max(0, held - value));
    else pending[index] = Math.max(held, Math.min(0, held - value));
  }
}

/** Adds `scale` times a delta's values. */
export function addScaled(pending: Float32Array, { positions, offset, values }: Delta, scale: number): void {
  for (let k = 0; k < values.length; k++) {
    pending[positions === null ? offset + k : positions[k]!]! += values[k]! * scale;
  }
}
