/** Publications of which the time is kept: more than any staleness bound leaves untaken for long. */
const REMEMBERED = 4096;
/** Span over which the rate of what is taken is measured. */
const RATE_SPAN_MS = 3_000;
/** The shortest transit of this long at least, and twice this long at most, is what is usual. */
const USUAL_SPAN_MS = 15_000;

interface Departure {
  readonly sequence: number;
  readonly atMs: number;
  readonly bytes: number;
}

/**
 * How long own updates are under way, from publication to the word that they were taken, by the median subscriber: one
 * that rests or is slow does not count as a link that is full.
 */
export class TransitMeter {
  #departures: Departure[] = [];
  #newest = 0;
  #taken = 0;
  #latestMs: number | null = null;
  /** The shortest of the present span and of the one before it. */
  #shortestMs = Number.POSITIVE_INFINITY;
  #formerShortestMs = Number.POSITIVE_INFINITY;
  #spanStartMs = Number.NEGATIVE_INFINITY;
  /** Words of what was taken, of late: bytes of publications taken until then, each counted once. */
  readonly #words: { readonly atMs: number; readonly bytes: number }[] = [];
  #takenBytes = 0;

  published(sequence: number, bytes: number, nowMs: number): void {
    // A new origin counts from one again.
    if (sequence <= this.#newest) this.#restart();
    this.#newest = sequence;
    this.#departures.push({ sequence, atMs: nowMs, bytes });
    if (this.#departures.length > REMEMBERED) this.#departures.shift();
  }

  /** @param taken own updates that each subscriber has taken, as sequence numbers */
  observe(taken: readonly number[], nowMs: number): void {
    const median = [...taken].sort((a, b) => b - a)[taken.length >> 1];
    if (median === undefined || median <= this.#taken) return;
    this.#taken = median;
    const arrived = this.#departures.filter(({ sequence }) => sequence <= median);
    this.#departures = this.#departures.slice(arrived.length);
    for (const { bytes } of arrived) this.#takenBytes += bytes;
    this.#words.push({ atMs: nowMs, bytes: this.#takenBytes });
    // However long ago the last word but one was, between the two lies what was taken.
    while (this.#words.length > 2 && nowMs - this.#words[1]!.atMs > RATE_SPAN_MS) this.#words.shift();
    const last = arrived.at(-1);
    if (last !== undefined) this.#transit(nowMs - last.atMs, nowMs);
  }

  /**
   * Bytes of own publications that were taken a second of late, each counted once; null where that cannot be told. From
   * word to word, for many updates share one: the time since the last would count for nothing taken.
   */
  takenBytesPerSecond(): number | null {
    const [first, last] = [this.#words[0], this.#words.at(-1)];
    if (first === undefined || last === undefined || first === last) return null;
    return (1000 * (last.bytes - first.bytes)) / (last.atMs - first.atMs);
  }

  /**
   * Time under way beyond what is usual, in ms.
   * @param patienceMs a subscriber's word of what it took may come this much later than it took it
   */
  excessMs(patienceMs: number, nowMs: number): number {
    const usualMs = Math.min(this.#shortestMs, this.#formerShortestMs);
    const oldest = this.#departures[0];
    const overdueMs = oldest === undefined ? 0 : nowMs - oldest.atMs - patienceMs;
    // Before the first word there is nothing usual but the patience.
    return Math.max(0, Math.max(this.#latestMs ?? 0, overdueMs) - (Number.isFinite(usualMs) ? usualMs : 0));
  }

  #transit(transitMs: number, nowMs: number): void {
    this.#latestMs = transitMs;
    if (nowMs - this.#spanStartMs > USUAL_SPAN_MS) {
      this.#formerShortestMs = this.#shortestMs;
      this.#shortestMs = transitMs;
      this.#spanStartMs = nowMs;
    } else this.#shortestMs = Math.min(this.#shortestMs, transitMs);
  }

  #restart(): void {
    this.#departures = [];
    this.#taken = 0;
  }
}
