/** S wraps at 2^31, which keeps replicas equal and ruins the model: half of that is never learnt, only diverged to. */
export const MAX_LATTICE_VALUE = 2 ** 30;

/** The real vector nearest to the lattice: `round(value / unit)` in Int32. */
export function toLattice(values: Float32Array, unit: number): Int32Array {
  const integers = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) integers[i] = Math.round(values[i]! / unit);
  return integers;
}

/** Size of one lattice step. */
export function latticeUnit(latticeBits: number): number {
  return 2 ** -latticeBits;
}
