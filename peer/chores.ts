import type { Clock } from '../src/support/clock.ts';

/** What a peer does at intervals beside its rounds, until its life ends. */
export class Chores {
  readonly #clock: Clock;
  readonly #cancels = new Set<() => void>();
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Does it at once, and then again and again. */
  every(intervalMs: number, chore: () => void): void {
    if (this.#stopped) return;
    chore();
    const cancel = this.#clock.after(intervalMs, () => {
      this.#cancels.delete(cancel);
      this.every(intervalMs, chore);
    });
    this.#cancels.add(cancel);
  }

  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#cancels) cancel();
  }
}
