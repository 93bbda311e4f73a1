/** Cuts a byte stream into lines of bounded length; a longer one is dropped up to its end and reported. */
export class LineSplitter {
  readonly #maxBytes: number;
  readonly #onLine: (line: string) => void;
  readonly #onTooLong: () => void;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #skipping = false;

  constructor(maxBytes: number, onLine: (line: string) => void, onTooLong: () => void) {
    this.#maxBytes = maxBytes;
    this.#onLine = onLine;
    this.#onTooLong = onTooLong;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      this.#hold(chunk.subarray(from, end));
      this.end();
      from = end + 1;
    }
    this.#hold(chunk.subarray(from));
  }

  /** Hands on what is left as a last line. */
  end(): void {
    const line = Buffer.concat(this.#held, this.#heldBytes);
    this.#held = [];
    this.#heldBytes = 0;
    if (!this.#skipping && line.length > 0) this.#onLine(line.toString('utf8'));
    this.#skipping = false;
  }

  #hold(part: Buffer): void {
    if (this.#skipping || part.length === 0) return;
    if (this.#heldBytes + part.length > this.#maxBytes) {
      this.#skipping = true;
      this.#held = [];
      this.#heldBytes = 0;
      this.#onTooLong();
      return;
    }
    this.#held.push(part);
    this.#heldBytes += part.length;
  }
}
