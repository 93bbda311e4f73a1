import type { Range } from '../sum/delta.ts';

/** Bits that tell how many of a range's entries there are. */
export function countBits({ low, high }: Range): number {
  return 32 - Math.clz32(high - low);
}

/** Entries skipped before each position, since the one before or the start of the range. */
export function gapsOf(positions: Uint32Array, range: Range): Uint32Array {
  const gaps = new Uint32Array(positions.length);
  for (let i = 0, next = range.low; i < gaps.length; i++) {
    gaps[i] = positions[i]! - next;
    next = positions[i]! + 1;
  }
  return gaps;
}

export function everyPosition({ low, high }: Range): Uint32Array {
  return new Uint32Array(high - low).map((_, i) => low + i);
}
