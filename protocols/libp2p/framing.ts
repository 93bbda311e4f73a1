import { messageTooLong } from '../channel-errors.ts';
import { leb128 } from '../leb128.ts';

/** 2^35 - 1 is far above any bound on messages, and a sixth byte of length is never honest. */
const MAX_PREFIX_BYTES = 5;

/** How many times what has come of it a message's buffer may be; each growth copies that once more. */
const GROWTH = 4;

/** Bytes in a buffer of their own that the caller fills, every one: they are not zeroed before, which costs as much. */
export function unfilledBytes(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
}

/** What goes before a message of `length` bytes: its length as unsigned LEB128. */
export function lengthPrefix(length: number): Uint8Array {
  return Uint8Array.from(leb128(length));
}

/**
 * Cuts a stream of bytes into messages. `read` moves what was pushed into the buffer of its message, which grows with
 * what has come of it: neither an announced length nor bytes in tiny chunks cost more memory than four times what was
 * received. A length above the bound throws MESSAGE_INVALID before any of its body is kept.
 */
export class MessageDecoder {
  readonly #maxMessageBytes: number;
  /** What was pushed and not moved yet, from `#taken` bytes into the chunk at `#next` on. */
  #chunks: Uint8Array[] = [];
  #next = 0;
  #taken = 0;
  #prefix = 0;
  #prefixBytes = 0;
  /** Length of the message at the front, once its prefix was read. */
  #length: number | null = null;
  #body = new Uint8Array(0);
  #filled = 0;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Whether bytes of an unfinished message are held. */
  get partial(): boolean {
    return this.#chunks.length > 0 || this.#prefixBytes > 0 || this.#length !== null;
  }

  push(chunk: Uint8Array): void {
    if (chunk.byteLength > 0) this.#chunks.push(chunk);
  }

  /** The next whole message, which owns its buffer and so can be transferred to another thread; null if none is. */
  read(): Uint8Array | null {
    this.#length ??= this.#readLength();
    if (this.#length === null) return null;
    while (this.#filled < this.#length) {
      const part = this.#take(this.#length - this.#filled);
      if (part === null) return null;
      this.#append(part, this.#length);
    }
    const message = this.#body;
    this.#length = null;
    this.#body = new Uint8Array(0);
    this.#filled = 0;
    return message;
  }

  #readLength(): number | null {
    for (let byte = this.#take(1)?.[0]; byte !== undefined; byte = this.#take(1)?.[0]) {
      this.#prefix += (byte & 0x7f) * 128 ** this.#prefixBytes++;
      if (this.#prefix > this.#maxMessageBytes || (byte > 0x7f && this.#prefixBytes === MAX_PREFIX_BYTES)) {
        throw messageTooLong(this.#prefix, this.#maxMessageBytes);
      }
      if (byte > 0x7f) continue;
      const length = this.#prefix;
      this.#prefix = 0;
      this.#prefixBytes = 0;
      return length;
    }
    return null;
  }

  /** Never makes the body larger than `length`, so that it is of just that size when it is whole. */
  #append(part: Uint8Array, length: number): void {
    const filled = this.#filled + part.byteLength;
    if (filled > this.#body.byteLength) {
      const grown = unfilledBytes(Math.min(length, GROWTH * filled));
      grown.set(this.#body.subarray(0, this.#filled));
      this.#body = grown;
    }
    this.#body.set(part, this.#filled);
    this.#filled = filled;
  }

  /** At most `count` bytes from the front, as a view; null if there are none. */
  #take(count: number): Uint8Array | null {
    const first = this.#chunks[this.#next];
    if (first === undefined) return null;
    const part = first.subarray(this.#taken, this.#taken + count);
    this.#taken += part.byteLength;
    if (this.#taken === first.byteLength) {
      this.#taken = 0;
      // Not `shift`, which moves all the rest of a long list.
      if (++this.#next === this.#chunks.length) {
        this.#chunks = [];
        this.#next = 0;
      }
    }
    return part;
  }
}
