/** Lets one part wait for what another part does: `ring` wakes everyone who waits at that moment. */
export class Doorbell {
  #waiting = new Set<() => void>();

  ring(): void {
    if (this.#waiting.size === 0) return;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const wake of waiting) wake();
  }

  /** Resolves at the next ring, or when `signal` aborts. */
  wait(signal?: AbortSignal): Promise<void> {
    return firstRing([this], signal);
  }

  /** Calls `wake` at the next ring; the returned function takes that back. */
  onNextRing(wake: () => void): () => void {
    this.#waiting.add(wake);
    return () => this.#waiting.delete(wake);
  }
}

/** Resolves when any of the bells rings, or when `signal` aborts; leaves nothing behind at the others. */
export function firstRing(bells: readonly Doorbell[], signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const wake = () => {
      for (const cancel of cancels) cancel();
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const cancels = bells.map((bell) => bell.onNextRing(wake));
    signal?.addEventListener('abort', wake, { once: true });
  });
}
