import { lengthPrefix, unfilledBytes } from './framing.ts';

/**
 * Messages on their way into a stream, in the pieces that they came in. Bytes are copied once at most, into the chunk in
 * which they leave: as each piece of a chunk takes calls of its own in encryption and socket, handing the pieces over
 * was not cheaper.
 */
export class OutgoingQueue {
  #pieces: Uint8Array[] = [];
  #next = 0;
  #bytes = 0;

  /** Bytes waiting, prefixes included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** One message, behind its length. */
  push(pieces: readonly Uint8Array[]): void {
    let length = 0;
    for (const piece of pieces) length += piece.byteLength;
    this.#append(lengthPrefix(length));
    for (const piece of pieces) if (piece.byteLength > 0) this.#append(piece);
  }

  /** The first `count` bytes; a view where they lie in one piece. */
  take(count: number): Uint8Array {
    this.#bytes -= count;
    const first = this.#pieces[this.#next]!;
    if (first.byteLength > count) {
      this.#pieces[this.#next] = first.subarray(count);
      return first.subarray(0, count);
    }
    const chunk = unfilledBytes(count);
    for (let filled = 0; filled < count; ) filled += this.#move(chunk, filled);
    return chunk;
  }

  #append(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#bytes += piece.byteLength;
  }

  /** Moves what fits of the first piece to `at` in `chunk`; tells how much that was. */
  #move(chunk: Uint8Array, at: number): number {
    const piece = this.#pieces[this.#next]!;
    const room = chunk.byteLength - at;
    if (piece.byteLength > room) {
      chunk.set(piece.subarray(0, room), at);
      this.#pieces[this.#next] = piece.subarray(room);
      return room;
    }
    chunk.set(piece, at);
    // Not `shift`, which moves all the rest of a long list.
    if (++this.#next === this.#pieces.length) {
      this.#pieces = [];
      this.#next = 0;
    }
    return piece.byteLength;
  }
}
