/** Two nodes, one of which can send the other a set of frames. */
export interface Pair {
  /** Resolves when all of them have arrived. */
  transfer(): Promise<void>;
  stop(): Promise<void>;
}

/** Waits for bytes to arrive. */
export class Countdown {
  #left = 0;
  #complete = () => {};

  /** Resolves when `bytes` more have passed. */
  start(bytes: number): Promise<void> {
    this.#left = bytes;
    return new Promise((resolve) => {
      this.#complete = resolve;
    });
  }

  pass(bytes: number): void {
    this.#left -= bytes;
    if (this.#left === 0) this.#complete();
  }
}
