import { MurmurError } from '../../src/support/errors.ts';
import { leb128 } from '../leb128.ts';
import { MAX_COUNT } from '../tuples.ts';
import type { Alias } from './alias.ts';
import { ALIAS_BYTES, MAX_DIFFERENCE_BYTES, MAX_FEED_ORIGINS } from './constants.ts';

/** A version vector's entries, the smallest count first. */
export type ShortVector = readonly (readonly [Alias, number])[];

/** Each entry as its alias, and what its count is higher than the one before: one byte in a swarm that keeps together. */
export function encodeShortVector(vector: ShortVector): Uint8Array {
  const bytes = new Uint8Array(vector.length * (ALIAS_BYTES + MAX_DIFFERENCE_BYTES));
  let end = 0;
  let before = 0;
  for (const [alias, count] of vector) {
    bytes.set(Buffer.from(alias, 'hex'), end);
    end += ALIAS_BYTES;
    for (const byte of leb128(count - before)) bytes[end++] = byte;
    before = count;
  }
  return bytes.subarray(0, end);
}

/** Throws MESSAGE_INVALID. */
export function decodeShortVector(bytes: Uint8Array): ShortVector {
  const vector: [Alias, number][] = [];
  let count = 0;
  for (let at = 0; at < bytes.length; ) {
    if (vector.length === MAX_FEED_ORIGINS) throw invalid(`has more than ${MAX_FEED_ORIGINS} origins`);
    const alias = Buffer.from(bytes.subarray(at, at + ALIAS_BYTES)).toString('hex');
    at += ALIAS_BYTES;
    const end = endOfDifference(bytes, at);
    for (let i = at; i < end; i++) count += (bytes[i]! & 0x7f) * 128 ** (i - at);
    if (count > MAX_COUNT) throw invalid(`has a count above ${MAX_COUNT}`);
    vector.push([alias, count]);
    at = end;
  }
  if (new Map(vector).size < vector.length) throw invalid('has one origin twice');
  return vector;
}

/** Behind the first byte from `at` on that says that no other belongs to its number. */
function endOfDifference(bytes: Uint8Array, at: number): number {
  for (let i = at; i < Math.min(bytes.length, at + MAX_DIFFERENCE_BYTES); i++) if (bytes[i]! <= 0x7f) return i + 1;
  throw invalid('has a number without an end');
}

function invalid(problem: string): MurmurError {
  return new MurmurError({ code: 'MESSAGE_INVALID', message: 'subscription', field: 'vector', problem });
}
