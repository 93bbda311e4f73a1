import type { Layout } from '../models/layout.ts';
import type { Delta, Range } from '../sum/delta.ts';

/** What both ends of a code know beforehand: the layout of the run's model, the partition, and the lattice's unit. */
export interface CodeContext {
  readonly layout: Layout;
  readonly range: Range;
  /** Size of one lattice step, a power of two. */
  readonly unit: number;
}

/** A coded part of `pending`. */
export interface EncodedDelta {
  /** One lattice magnitude per tensor touched, in layout order; empty where the code needs none. */
  readonly magnitudes: readonly number[];
  readonly payload: Uint8Array;
}

/**
 * A way to write updates. The contract, tested over all codes: `decode(encode(x).encoded)` equals `encode(x).delta`
 * to the bit, so that the sender subtracts exactly what every receiver adds; and `decode` of any other bytes either
 * gives a delta inside the range or throws MESSAGE_INVALID, in bounded memory.
 */
export interface UpdateCode {
  /** Its number on the wire. */
  readonly id: number;
  readonly name: string;
  /**
   * Quantises the entries of `pending` at `positions` (absolute, ascending, inside the range; null takes the whole
   * range) to the lattice and codes them.
   */
  encode(
    pending: Float32Array,
    positions: Uint32Array | null,
    context: CodeContext,
  ): { encoded: EncodedDelta; delta: Delta };
  decode(encoded: EncodedDelta, context: CodeContext): Delta;
}
