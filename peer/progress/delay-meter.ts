import type { Quantiles } from '../events.ts';
import type { FrameTimes } from '../exchange/inbox.ts';

/** Updates over which ages are reported: enough for a 99th percentile, small enough to sort at every report. */
const REMEMBERED = 4096;
/** Weight of the newest value in the moving averages: they follow within some 20 values. */
const NEWEST = 0.1;
/** What the first values may be in any case, so that the average can rise from nothing. */
const FIRST_DELAY_MS = 100;
/** A value counts for no more than this many times the average: a peer with a wrong clock must not set what all others see. */
const MAX_GROWTH = 3;

/**
 * Measures how late updates are applied. The delay counts from publication, the age from the gradient's computation,
 * the time in `pending` included. Both rely on the peers' clocks being set alike, as NTP sets them; an age below zero
 * counts as zero.
 */
export class DelayMeter {
  readonly #ages = new Float64Array(REMEMBERED);
  #applied = 0;
  #delayMs: number | null = null;
  #roundMs: number | null = null;

  applied({ publishedAtMs, pendingMs }: FrameTimes, nowMs: number): void {
    const delayMs = Math.max(0, nowMs - publishedAtMs);
    this.#delayMs = average(this.#delayMs, Math.min(delayMs, MAX_GROWTH * (this.#delayMs ?? 0) + FIRST_DELAY_MS));
    this.#ages[this.#applied++ % REMEMBERED] = delayMs + pendingMs;
  }

  /** Mean time from an update's publication elsewhere to its application here; 0 before the first. */
  get delayMs(): number {
    return this.#delayMs ?? 0;
  }

  round(durationMs: number): void {
    this.#roundMs = average(this.#roundMs, durationMs);
  }

  /**
   * Rounds from the one that ends with an update's publication to the one that starts with its application elsewhere:
   * 1 where no time lies between. What this peer sees of others' updates stands for its own.
   */
  delayRounds(): number {
    return this.#delayMs === null || !this.#roundMs ? 1 : 1 + this.#delayMs / this.#roundMs;
  }

  /** Ages of the latest updates applied, in seconds. */
  ageSeconds(): Quantiles | null {
    const ages = this.#ages.slice(0, this.#applied).sort();
    if (ages.length === 0) return null;
    const quantile = (share: number) => ages[Math.min(ages.length - 1, Math.floor(share * ages.length))]! / 1000;
    return { p50: quantile(0.5), p99: quantile(0.99) };
  }
}

function average(old: number | null, value: number): number {
  return old === null ? value : old + NEWEST * (value - old);
}
