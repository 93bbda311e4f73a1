/**
 * Integers to add to a stretch of the shared sum. Sparse: `values[i]` belongs to `positions[i]` (absolute, strictly
 * ascending). Dense: `positions` is null and `values[i]` belongs to `offset + i`.
 */
export interface Delta {
  readonly positions: Uint32Array | null;
  readonly offset: number;
  readonly values: Int32Array;
}

/** A half-open stretch of the flat parameter vector. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Partition `index` of `count` near-equal slices of a vector of `size` entries. */
export function partitionRange(index: number, count: number, size: number): Range {
  return { low: Math.floor((index * size) / count), high: Math.floor(((index + 1) * size) / count) };
}
