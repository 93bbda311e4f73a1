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
