import type { Clock } from '../../src/support/clock.ts';

/** One direction of a peer's own line: bytes pass one after the other, at the rate in force when they come. */
export class Line {
  readonly #clock: Clock;
  readonly #bytesPerSecond: () => number | undefined;
  #freeAtMs = 0;

  constructor(clock: Clock, bytesPerSecond: () => number | undefined) {
    this.#clock = clock;
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** Queues bytes that are there now, and tells when the last of them has left. */
  leavesAtMs(bytes: number): number {
    this.#freeAtMs = Math.max(this.#freeAtMs, this.#clock.nowMs()) + this.takesMs(bytes);
    return this.#freeAtMs;
  }

  /** Queues bytes that have come over the last `spanMs`, and tells when all are in. */
  areInAtMs(bytes: number, spanMs: number): number {
    const nowMs = this.#clock.nowMs();
    // A message without bytes comes after those before it, too.
    const endMs = Math.max(this.#freeAtMs, nowMs - spanMs) + this.takesMs(Math.max(1, bytes));
    this.#freeAtMs = Math.max(endMs, nowMs);
    return this.#freeAtMs;
  }

  /** What bytes take that need not wait. */
  takesMs(bytes: number): number {
    const rate = this.#bytesPerSecond();
    return rate === undefined ? 0 : (1000 * bytes) / rate;
  }
}
