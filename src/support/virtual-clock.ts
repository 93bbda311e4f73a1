import type { Clock } from './clock.ts';
import { MurmurError } from './errors.ts';

interface Event {
  readonly atMs: number;
  /** Events of one instant run in the order in which they were scheduled. */
  readonly order: number;
  /** Null once cancelled: it stays in the heap until its time comes, for most that are cancelled are due soon. */
  action: (() => void) | null;
}

/** So many events pass before the process is let look at signals and sockets: that takes as long as ten of them. */
const EVENTS_PER_TURN = 1024;
/** Cancelled events are cleared away once there are this many, and more than there are others. */
const MIN_CANCELLED = 1024;

/**
 * Time of a simulation: it stands still while anything computes and jumps to the next event when nothing does.
 * A program whose every wait goes through this clock replays identically; waiting for real I/O or another thread
 * breaks that, for the clock cannot see it.
 */
export class VirtualClock implements Clock {
  #nowMs: number;
  #scheduled = 0;
  /** A binary heap, the next event at its top. */
  #events: Event[] = [];
  #cancelled = 0;

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, action: () => void): () => void {
    const event: Event = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#scheduled++, action };
    this.#events.push(event);
    this.#rise(this.#events.length - 1);
    return () => {
      if (event.action === null) return;
      event.action = null;
      this.#cancelled++;
      if (this.#cancelled > MIN_CANCELLED && 2 * this.#cancelled > this.#events.length) this.#clearCancelled();
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
    await turnOfTheProcess();
    for (let events = 1; !settled; events++) {
      const next = this.#next();
      if (next === undefined) throw timedOut('an event, with none scheduled', limitMs, 'look for a wait in a circle');
      if (next.atMs > endMs) throw timedOut('the end of the simulation', limitMs, 'raise the limit on virtual time');
      this.#removeTop();
      this.#nowMs = next.atMs;
      const { action } = next;
      // Whoever cancels it from now on is too late.
      next.action = null;
      action!();
      await (events % EVENTS_PER_TURN === 0 ? turnOfTheProcess() : microtasksDrained());
    }
    return until;
  }

  /** The next event that was not cancelled, left at the top. */
  #next(): Event | undefined {
    while (this.#events[0]?.action === null) {
      this.#removeTop();
      this.#cancelled--;
    }
    return this.#events[0];
  }

  #removeTop(): void {
    const events = this.#events;
    const last = events.pop()!;
    if (events.length === 0) return;
    events[0] = last;
    this.#sink(0);
  }

  /** In order of time, a list is a heap. */
  #clearCancelled(): void {
    this.#events = this.#events.filter(({ action }) => action !== null).sort((a, b) => (isBefore(a, b) ? -1 : 1));
    this.#cancelled = 0;
  }

  #rise(from: number): void {
    const events = this.#events;
    const event = events[from]!;
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >>> 1;
      if (!isBefore(event, events[parent]!)) break;
      events[place] = events[parent]!;
      place = parent;
    }
    events[place] = event;
  }

  #sink(from: number): void {
    const events = this.#events;
    const event = events[from]!;
    let place = from;
    for (let child = 2 * place + 1; child < events.length; child = 2 * place + 1) {
      if (child + 1 < events.length && isBefore(events[child + 1]!, events[child]!)) child++;
      if (!isBefore(events[child]!, event)) break;
      events[place] = events[child]!;
      place = child;
    }
    events[place] = event;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** Ticks run when every promise that can settle has settled, those included that settle meanwhile. */
function microtasksDrained(): Promise<void> {
  return new Promise((resolve) => queueMicrotask(() => process.nextTick(resolve)));
}

/** Immediates do so, too, and sockets, timers and signals have their turn before. */
function turnOfTheProcess(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function timedOut(waitedFor: string, timeoutMs: number, mend: string): MurmurError {
  return new MurmurError({ code: 'TIMED_OUT', waitedFor, timeoutMs, mend });
}
