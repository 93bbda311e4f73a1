/** Of what the link carries, so much is used: the rest lets a queue drain that chance has left. */
const USED_SHARE = 0.9;
/** From this share of what is allowed on it is the link that bounds what is sent, and there is more to learn of it. */
const PROBING_SHARE = 0.7;
/** Growth a second until a queue is first seen, and after that. */
const FIRST_GROWTH = 1.35;
const LATER_GROWTH = 1.15;
/** Of a longer time between two looks no more counts: a step too far fills a queue. */
const MAX_GROWTH_SECONDS = 3;
/** After a queue was seen nothing grows for this long: what was just measured holds for a while. */
const HOLD_MS = 5_000;
/**
 * From look to look at least this is left, first and while the queue still grows: mostly it is the own probing that filled
 * it, and words of what was taken come late where the others' links are full, too.
 */
const FIRST_FALL = 0.7;
const LATER_FALL = 0.6;
/** A queue is drained within this time, but never by less than a tenth of the link going to what is new. */
const DRAIN_MS = 5_000;
const LEAST_SHARE = 0.1;

/** What was seen of a link since the last look, in bytes a second. */
export interface LinkObservation {
  readonly nowMs: number;
  readonly elapsedMs: number;
  readonly sentBytesPerSecond: number;
  /** What came through, by what the receivers told that they took; null where that cannot be told. */
  readonly deliveredBytesPerSecond: number | null;
  /** Time that a publication waits before it leaves, beyond what is usual; 0 where there is no queue. */
  readonly queueMs: number;
}

/**
 * What a link carries, learnt as a congestion controller does: it grows until a queue builds up, and then is what came
 * through while it did.
 */
export class LinkCapacity {
  readonly #mostBytesPerSecond: number;
  #bytesPerSecond: number;
  #queueMs = 0;
  /** `#bytesPerSecond` as a queue was first seen. */
  #beforeQueue = 0;
  #holdUntilMs = Number.NEGATIVE_INFINITY;
  #growth = FIRST_GROWTH;

  /** @param mostBytesPerSecond a stated budget, to which the link is never used beyond; infinite where there is none */
  constructor(startBytesPerSecond: number, mostBytesPerSecond: number) {
    this.#mostBytesPerSecond = mostBytesPerSecond;
    this.#bytesPerSecond = Math.min(startBytesPerSecond, mostBytesPerSecond / USED_SHARE);
  }

  /** What all may take together in the long run. */
  get lastingBytesPerSecond(): number {
    return Math.min(this.#mostBytesPerSecond, USED_SHARE * this.#bytesPerSecond);
  }

  /** And for now: less while a queue drains. */
  get allowedBytesPerSecond(): number {
    return this.lastingBytesPerSecond * Math.max(LEAST_SHARE, 1 - this.#queueMs / DRAIN_MS);
  }

  get isDraining(): boolean {
    return this.#queueMs > 0;
  }

  observe(seen: LinkObservation): void {
    const { nowMs, elapsedMs, sentBytesPerSecond, deliveredBytesPerSecond, queueMs } = seen;
    const isBound = sentBytesPerSecond >= PROBING_SHARE * this.allowedBytesPerSecond;
    if (queueMs > 0) {
      // What is measured may still be from before the link changed: it is set right as long as the queue lasts.
      const isNew = this.#queueMs === 0;
      if (isNew) this.#beforeQueue = this.#bytesPerSecond;
      const fall = isNew ? FIRST_FALL : queueMs > this.#queueMs ? LATER_FALL : 1;
      const least = this.#bytesPerSecond * fall;
      const through = Math.max(deliveredBytesPerSecond ?? 0, least);
      this.#bytesPerSecond = Math.min(this.#beforeQueue, through);
      this.#holdUntilMs = nowMs + HOLD_MS;
      this.#growth = LATER_GROWTH;
    } else if (isBound && nowMs >= this.#holdUntilMs) {
      const grown = this.#bytesPerSecond * this.#growth ** Math.min(MAX_GROWTH_SECONDS, elapsedMs / 1000);
      this.#bytesPerSecond = Math.min(grown, this.#mostBytesPerSecond / USED_SHARE);
    }
    this.#queueMs = queueMs;
  }
}
