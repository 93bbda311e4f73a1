import type { Delta } from '../../src/sum/delta.ts';

/** One rounding of float32, relative. */
const ROUNDING = 2 ** -23;

/**
 * One peer's account of its learning, an entry a parameter, in the order in which things happened: `steps taken =
 * published + pending + damped`. What ought to be pending is kept here, in float64.
 */
export class Ledger {
  readonly pending: Float64Array;
  /** The largest that each entry ever was: what its roundings are measured by. */
  readonly #peaks: Float64Array;
  #entries = 1;

  constructor(size: number) {
    this.pending = new Float64Array(size);
    this.#peaks = new Float64Array(size);
  }

  /** Of a step, where `scale` is -1 the optimiser's velocity. */
  add(values: Float32Array | Float64Array, scale: number): void {
    this.#entries++;
    for (let i = 0; i < values.length; i++) this.#enter(i, values[i]! * scale);
  }

  addDelta({ positions, offset, values }: Delta, scale: number): void {
    this.#entries++;
    for (let k = 0; k < values.length; k++) {
      this.#enter(positions === null ? offset + k : positions[k]!, values[k]! * scale);
    }
  }

  /** Damped: all that is pending is dropped. */
  clear(): void {
    this.pending.fill(0);
  }

  /** Index of an entry that differs from what is pending by more than roundings can explain, or -1. */
  mismatch(pending: Float32Array): number {
    for (let i = 0; i < pending.length; i++) {
      const allowed = this.#entries * ROUNDING * Math.max(this.#peaks[i]!, Math.abs(pending[i]!));
      if (!(Math.abs(pending[i]! - this.pending[i]!) <= allowed)) return i;
    }
    return -1;
  }

  #enter(index: number, value: number): void {
    const sum = this.pending[index]! + value;
    this.pending[index] = sum;
    const magnitude = Math.max(Math.abs(sum), Math.abs(value));
    if (magnitude > this.#peaks[index]!) this.#peaks[index] = magnitude;
  }
}
