import type { Clock } from './clock.ts';
import { MurmurError } from './errors.ts';

interface Event {
  readonly atMs: number;
  /** Events of one instant run in the order in which they were scheduled. */
  readonly order: number;
  readonly action: () => void;
}

/**
 * Time of a simulation: it stands still while anything computes and jumps to the next event when nothing does.
 * A program whose every wait goes through this clock replays identically; waiting for real I/O or another thread
 * breaks that, for the clock cannot see it.
 */
export class VirtualClock implements Clock {
  #nowMs: number;
  #scheduled = 0;
  /** The next event is the last element, so that taking it moves nothing. */
  readonly #events: Event[] = [];

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, action: () => void): () => void {
    const event = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#scheduled++, action };
    this.#events.splice(this.#place(event), 0, event);
    return () => {
      const place = this.#place(event);
      if (this.#events[place] === event) this.#events.splice(place, 1);
    };
  }

  /**
   * Runs events until `until` settles, and settles as it did. Throws TIMED_OUT where that cannot happen any more
   * because nothing is scheduled, or where it would take more than `limitMs` of virtual time.
   */
  async run<T>(until: Promise<T>, limitMs = Number.POSITIVE_INFINITY): Promise<T> {
    const endMs = this.#nowMs + limitMs;
    let settled = false;
    const settle = () => {
      settled = true;
    };
    until.then(settle, settle);
    for (await microtasksDrained(); !settled; await microtasksDrained()) {
      const next = this.#events.at(-1);
      if (next === undefined) throw timedOut('an event, with none scheduled', limitMs, 'look for a wait in a circle');
      if (next.atMs > endMs) throw timedOut('the end of the simulation', limitMs, 'raise the limit on virtual time');
      this.#events.pop();
      this.#nowMs = next.atMs;
      next.action();
    }
    return until;
  }

  /** Where `event` is, or belongs: by binary search, latest first. */
  #place(event: Event): number {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#events[middle]!;
      if (other.atMs > event.atMs || (other.atMs === event.atMs && other.order > event.order)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Immediates run when every promise that can settle has settled. */
function microtasksDrained(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function timedOut(waitedFor: string, timeoutMs: number, mend: string): MurmurError {
  return new MurmurError({ code: 'TIMED_OUT', waitedFor, timeoutMs, mend });
}
