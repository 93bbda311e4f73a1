import type { Clock } from '../../src/support/clock.ts';
import type { Random } from '../../src/support/random.ts';

/** What a link costs; the rate is the sender's and shared by all that it sends. */
export interface LinkSettings {
  readonly latencyMs: number;
  /** Added to the latency, uniform between none and this much. */
  readonly jitterMs?: number;
  /** Unlimited where left out. */
  readonly bytesPerSecond?: number;
}

/** A peer's way out: bytes leave one after the other. */
export class Uplink {
  readonly #clock: Clock;
  readonly #bytesPerMs: number;
  #freeAtMs = 0;

  constructor(clock: Clock, settings: LinkSettings) {
    this.#clock = clock;
    this.#bytesPerMs = (settings.bytesPerSecond ?? Number.POSITIVE_INFINITY) / 1000;
  }

  /** Queues `bytes` and tells when the last of them has left. */
  leavesAtMs(bytes: number): number {
    this.#freeAtMs = Math.max(this.#freeAtMs, this.#clock.nowMs()) + bytes / this.#bytesPerMs;
    return this.#freeAtMs;
  }
}

/** One direction of a connection: everything arrives, in order, as on one TCP connection. */
export class Link {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #uplink: Uplink;
  readonly #settings: LinkSettings;
  readonly #underway: { arrive: () => void; cancel: () => void }[] = [];
  #lastArrivalMs = 0;

  constructor(clock: Clock, random: Random, uplink: Uplink, settings: LinkSettings) {
    this.#clock = clock;
    this.#random = random;
    this.#uplink = uplink;
    this.#settings = settings;
  }

  carry(bytes: number, arrive: () => void): void {
    this.#schedule(this.#uplink.leavesAtMs(bytes), arrive);
  }

  /** Loses what is underway; `notice` arrives in its place. */
  cut(notice: () => void): void {
    for (const { cancel } of this.#underway.splice(0)) cancel();
    this.#lastArrivalMs = 0;
    this.#schedule(this.#clock.nowMs(), notice);
  }

  #schedule(leavesAtMs: number, arrive: () => void): void {
    const { latencyMs, jitterMs = 0 } = this.#settings;
    const arrivesAtMs = leavesAtMs + latencyMs + jitterMs * this.#random.uniform();
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, arrivesAtMs);
    // The oldest arrives first, whatever order a clock gives to timers of one instant.
    const cancel = this.#clock.after(this.#lastArrivalMs - this.#clock.nowMs(), () => this.#underway.shift()?.arrive());
    this.#underway.push({ arrive, cancel });
  }
}
