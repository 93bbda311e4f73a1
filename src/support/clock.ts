/** Time comes from outside: the system's in a real peer, a virtual one in a simulation. */
export interface Clock {
  /** Milliseconds since the Unix epoch, with fractions; never goes back within a process. */
  nowMs(): number;
  /** Calls `action` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, action: () => void): () => void;
}

/** Resolves after `delayMs`, or at once when `signal` aborts. Never rejects: who cares looks at the signal. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(delayMs, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}
