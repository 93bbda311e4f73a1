import { messageTooLong } from '../channel-errors.ts';

/** 2^35 - 1 is far above any bound on messages, and a sixth byte of length is never honest. */
const MAX_PREFIX_BYTES = 5;

/** A message behind its length as unsigned LEB128, in one buffer: cheaper to copy than to encrypt as two frames. */
export function encodeMessage(message: Uint8Array): Uint8Array {
  const prefix: number[] = [];
  let rest = message.byteLength;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) prefix.push((rest % 128) | 0x80);
  prefix.push(rest);
  const framed = new Uint8Array(prefix.length + message.byteLength);
  framed.set(prefix);
  framed.set(message, prefix.length);
  return framed;
}

/**
 * Cuts a stream of bytes into messages. Chunks are kept as they came and copied once, when their message is whole;
 * a length above the bound throws MESSAGE_INVALID before any of its body is kept.
 */
export class MessageDecoder {
  readonly #maxMessageBytes: number;
  readonly #chunks: Uint8Array[] = [];
  /** Bytes of the first chunk that were taken already. */
  #taken = 0;
  #available = 0;
  #prefix = 0;
  #prefixBytes = 0;
  /** Length of the message at the front, once its prefix was read. */
  #length: number | null = null;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Whether bytes of an unfinished message are held. */
  get partial(): boolean {
    return this.#available > 0 || this.#prefixBytes > 0 || this.#length !== null;
  }

  push(chunk: Uint8Array): void {
    if (chunk.byteLength === 0) return;
    this.#chunks.push(chunk);
    this.#available += chunk.byteLength;
  }

  /** The next whole message, which owns its buffer and so can be transferred to another thread; null if none is. */
  read(): Uint8Array | null {
    this.#length ??= this.#readLength();
    if (this.#length === null || this.#available < this.#length) return null;
    const message = new Uint8Array(this.#length);
    for (let filled = 0; filled < message.byteLength; ) {
      const part = this.#take(message.byteLength - filled);
      message.set(part, filled);
      filled += part.byteLength;
    }
    this.#length = null;
    return message;
  }

  #readLength(): number | null {
    while (this.#available > 0) {
      const byte = this.#take(1)[0]!;
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

  /** At most `count` bytes from the front, as a view. */
  #take(count: number): Uint8Array {
    const first = this.#chunks[0]!;
    const part = first.subarray(this.#taken, this.#taken + count);
    this.#taken += part.byteLength;
    this.#available -= part.byteLength;
    if (this.#taken === first.byteLength) {
      this.#chunks.shift();
      this.#taken = 0;
    }
    return part;
  }
}
