import type { Delta } from '../../src/sum/delta.ts';
import type { OriginKey } from '../../src/sum/origin.ts';

type Entries = Iterable<readonly [OriginKey, number]>;

export interface OwnPastInit {
  readonly restored: boolean;
  readonly givenUp: Entries;
  readonly returned: Entries;
}

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
  /** Origins given up, and beyond which sequence their updates are still in `pending` whole. */
  readonly #givenUp: Map<OriginKey, number>;
  /** Of other former origins, beyond which sequence their updates have not shrunk `pending` yet. */
  readonly #returned: Map<OriginKey, number>;

  constructor({ restored, givenUp, returned }: OwnPastInit) {
    this.restored = restored;
    this.#givenUp = new Map(givenUp);
    this.#returned = new Map();
    for (const [origin, to] of returned) if (to > this.#actedUpTo(origin)) this.#returned.set(origin, to);
  }

  get givenUp(): readonly (readonly [OriginKey, number])[] {
    return [...this.#givenUp];
  }

  get returned(): readonly (readonly [OriginKey, number])[] {
    return [...this.#returned];
  }

  /** `origin` is given up; its updates beyond `above` went back into `pending`. */
  gaveUp(origin: OriginKey, above: number): void {
    this.#givenUp.set(origin, above);
  }

  /** Whether `pending` may hold some of what a former origin of this peer published up to `sequence`. */
  mayBePending(origin: OriginKey, sequence: number): boolean {
    return (this.restored || this.#givenUp.has(origin)) && sequence > this.#actedUpTo(origin);
  }

  /**
   * Update `to` of a former origin of this peer has come back, and was added to S. That may happen again, where an image
   * is adopted that lacks it: it acts on `pending` the first time only.
   */
  comesBack(origin: OriginKey, to: number, delta: Delta, pending: Float32Array, unit: number): void {
    if (!this.mayBePending(origin, to)) return;
    if (this.#givenUp.has(origin)) {
      this.#givenUp.set(origin, to);
      addScaled(pending, delta, -unit);
    } else {
      this.#returned.set(origin, to);
      shrink(pending, delta, unit);
    }
  }

  #actedUpTo(origin: OriginKey): number {
    return this.#givenUp.get(origin) ?? this.#returned.get(origin) ?? 0;
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
