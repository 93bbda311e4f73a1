import { invalidUpdate } from './invalid-update.ts';

/** The most bits that one call writes or reads: with up to 7 held back they fit 31 bits, a small integer in V8. */
export const MAX_BITS_PER_CALL = 24;

/** Writes bits, the most significant first, into a buffer that grows. */
export class BitWriter {
  #bytes: Uint8Array;
  #length = 0;
  /** The lowest `#heldBits` bits (0 to 7) of `#held` are not yet in the buffer. */
  #held = 0;
  #heldBits = 0;

  /** @param capacity bytes to begin with */
  constructor(capacity: number) {
    this.#bytes = new Uint8Array(Math.max(capacity, 8));
  }

  /** Writes the lowest `bits` (0 to 24) bits of `value`, which has no others set. */
  write(value: number, bits: number): void {
    let held = (this.#held << bits) | value;
    let heldBits = this.#heldBits + bits;
    if (this.#length + 4 > this.#bytes.length) this.#grow();
    while (heldBits >= 8) {
      heldBits -= 8;
      this.#bytes[this.#length++] = held >>> heldBits;
    }
    held &= (1 << heldBits) - 1;
    this.#held = held;
    this.#heldBits = heldBits;
  }

  /** Writes `count` zeros and a one. */
  writeUnary(count: number): void {
    let zeros = count;
    for (; zeros >= MAX_BITS_PER_CALL; zeros -= MAX_BITS_PER_CALL) this.write(0, MAX_BITS_PER_CALL);
    this.write(1, zeros + 1);
  }

  /** Writes the lowest `bits` (0 to 48) bits of `value`. */
  writeLong(value: number, bits: number): void {
    if (bits > MAX_BITS_PER_CALL) this.write(Math.floor(value / 2 ** MAX_BITS_PER_CALL), bits - MAX_BITS_PER_CALL);
    this.write(value % 2 ** MAX_BITS_PER_CALL, Math.min(bits, MAX_BITS_PER_CALL));
  }

  /** The bytes written, the last one filled up with zeros, in a buffer of their own. */
  finish(): Uint8Array {
    if (this.#heldBits > 0) this.write(0, 8 - this.#heldBits);
    return this.#bytes.slice(0, this.#length);
  }

  #grow(): void {
    const bytes = new Uint8Array(2 * this.#bytes.length);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }
}

/** Reads what a `BitWriter` wrote. Every method throws MESSAGE_INVALID rather than read past the end. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #next = 0;
  /** The `#heldBits` highest bits (0 to 32) are to be read next; the others are zero. */
  #held = 0;
  #heldBits = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Bits not yet read, padding included. */
  get remaining(): number {
    return this.#heldBits + 8 * (this.#bytes.length - this.#next);
  }

  /** Reads `bits` (0 to 24) bits. */
  read(bits: number): number {
    if (this.#heldBits < bits) this.#refill();
    if (this.#heldBits < bits) throw invalidUpdate('payload', 'ends early');
    if (bits === 0) return 0;
    const value = this.#held >>> (32 - bits);
    this.#held <<= bits;
    this.#heldBits -= bits;
    return value;
  }

  /** Reads zeros up to a one, and tells how many. More than `limit` are refused. */
  readUnary(limit: number): number {
    let zeros = 0;
    while (this.#held === 0) {
      zeros += this.#heldBits;
      this.#heldBits = 0;
      this.#refill();
      if (this.#heldBits === 0) throw invalidUpdate('payload', 'ends early');
      if (zeros > limit) throw invalidUpdate('payload', 'has a run beyond its bound');
    }
    const run = Math.clz32(this.#held);
    // Two shifts, as a shift by 32 is one by 0.
    this.#held = (this.#held << run) << 1;
    this.#heldBits -= run + 1;
    zeros += run;
    if (zeros > limit) throw invalidUpdate('payload', 'has a run beyond its bound');
    return zeros;
  }

  /** Reads `bits` (0 to 48) bits. */
  readLong(bits: number): number {
    if (bits <= MAX_BITS_PER_CALL) return this.read(bits);
    return this.read(bits - MAX_BITS_PER_CALL) * 2 ** MAX_BITS_PER_CALL + this.read(MAX_BITS_PER_CALL);
  }

  /** Refuses anything behind the last bit read but the zeros that fill up its byte: a message has one form only. */
  finish(): void {
    if (this.remaining >= 8) throw invalidUpdate('payload', 'has trailing bytes');
    if (this.#held !== 0) throw invalidUpdate('payload', 'has padding that is not zero');
  }

  #refill(): void {
    while (this.#heldBits <= 24 && this.#next < this.#bytes.length) {
      this.#held |= this.#bytes[this.#next++]! << (24 - this.#heldBits);
      this.#heldBits += 8;
    }
  }
}
