import type { ReadUpdate, UpdateReader } from '../../protocols/updates/update-reader.ts';

/** Updates remembered: those that are on their way in a swarm of a thousand at any moment, some ten rounds of each. */
export const MAX_REMEMBERED_UPDATES = 16_384;
/** A frame tells the lowest 32 bits of its time: within this of the time read, any reader reads the same. */
const SAME_TIME_MS = 2 ** 31 - 1;

/** Of a frame that are hashed. */
const HEAD_BYTES = 20;
const TAIL_BYTES = 12;

/**
 * One reader for all peers of a simulation: equal bytes are read and checked once, however many take them, and kept once.
 * What it answers is what the reader behind it would, so that no peer can tell.
 */
export class SharedReader implements UpdateReader {
  readonly #reader: UpdateReader;
  /** By hash, in the order in which they were first read; of two with one hash the later one is remembered. */
  readonly #read = new Map<number, ReadUpdate>();

  constructor(reader: UpdateReader) {
    this.#reader = reader;
  }

  read(bytes: Uint8Array, nowMs: number): ReadUpdate {
    const key = hashOf(bytes);
    const known = this.#read.get(key);
    if (known !== undefined && equal(known.bytes, bytes) && isNear(known, nowMs)) return known;
    // A copy, for what is remembered must not hold on to a whole message.
    const read = this.#reader.read(bytes.slice(), nowMs);
    this.#read.delete(key);
    this.#read.set(key, read);
    if (this.#read.size > MAX_REMEMBERED_UPDATES) this.#read.delete(this.#read.keys().next().value!);
    return read;
  }
}

function isNear({ frame }: ReadUpdate, nowMs: number): boolean {
  return Math.abs(frame.publishedAtMs - nowMs) < SAME_TIME_MS;
}

/** FNV-1a, 32 bits (Fowler, Noll and Vo), of where frames differ: numbers and times at their head, entries at their end. */
function hashOf(bytes: Uint8Array): number {
  const { length } = bytes;
  let hash = 0x811c9dc5;
  for (let i = Math.min(HEAD_BYTES, length) - 1; i >= 0; i--) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  for (let i = Math.max(0, length - TAIL_BYTES); i < length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
