/** So often in the long run, and so many at once after a silence. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Names remembered: as many as a run has peers. Who is forgotten starts afresh, with a whole burst. */
export const MAX_REMEMBERED = 4096;

/** Holds everybody to a rate, each by name (a token bucket for each): one who overdoes it takes nothing from the others. */
export class RateLimit {
  readonly #rate: Rate;
  /** In the order of their last use. */
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** Counts one more by `name`, and tells whether it is within the rate. */
  allows(name: string, nowMs: number): boolean {
    const { perSecond, burst } = this.#rate;
    const bucket = this.#buckets.get(name) ?? { tokens: burst, atMs: nowMs };
    bucket.tokens = Math.min(burst, bucket.tokens + (perSecond * Math.max(0, nowMs - bucket.atMs)) / 1000);
    bucket.atMs = nowMs;
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
    if (this.#buckets.size > MAX_REMEMBERED) this.#buckets.delete(this.#buckets.keys().next().value!);
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }
}
