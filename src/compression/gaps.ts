import type { Range } from '../sum/delta.ts';
import type { BitReader } from './bits.ts';
import { invalidUpdate } from './invalid-update.ts';

/** Bits that tell how many of a range's entries there are. */
export function countBits({ low, high }: Range): number {
  return 32 - Math.clz32(high - low);
}

/** Reads how many entries follow, each of two bits at least: so the bytes received bound what is allocated for them. */
export function readCount(reader: BitReader, range: Range): number {
  const count = reader.readLong(countBits(range));
  if (count > range.high - range.low) throw invalidUpdate('payload', 'has more entries than its range');
  if (2 * count > reader.remaining) throw invalidUpdate('payload', 'ends early');
  return count;
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
