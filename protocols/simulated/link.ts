import type { Clock } from '../../src/support/clock.ts';
import type { Random } from '../../src/support/random.ts';
import type { Line } from './line.ts';
import type { PathSettings } from './links.ts';

/**
 * Between two arrivals of one instant, so that what a sum of floating point loses does not swap them; where times are so
 * large that it is lost itself, the sums are exact.
 */
const APART_MS = 2 ** -20;

/** What arrives in the order in which it was sent: a channel's messages, or what makes and ends connections. */
export interface Lane {
  lastArrivalMs: number;
}

export interface LinkComponents {
  readonly clock: Clock;
  readonly random: Random;
  readonly uplink: Line;
  /** Of who is at the other end, where anybody is. */
  readonly downlink: () => Line | undefined;
  readonly path: () => PathSettings;
  /** Whether nothing passes at this moment. */
  readonly isBlocked: () => boolean;
}

/** One direction of a connection: everything arrives, in order as on one TCP connection unless channels overtake. */
export class Link {
  readonly #components: LinkComponents;
  /** What all channels come after. */
  readonly #control: Lane = { lastArrivalMs: 0 };
  #latestArrivalMs = 0;
  /** Counts cuts: what was sent in an earlier life is lost. */
  #life = 0;
  /** Came to a barrier, in this order. */
  #held: (() => void)[] = [];

  constructor(components: LinkComponents) {
    this.#components = components;
  }

  /** @param lane the channel's; left out, channels that send later do not overtake it */
  carry(bytes: number, arrive: () => void, lane: Lane = this.#control): void {
    const { random, uplink, path } = this.#components;
    const { latencyMs, jitterMs = 0, overtakingMs = 0 } = path();
    let arrivesAtMs = uplink.leavesAtMs(bytes) + latencyMs;
    if (jitterMs > 0) arrivesAtMs += jitterMs * random.uniform();
    if (overtakingMs > 0 && lane !== this.#control) arrivesAtMs += overtakingMs * random.uniform();
    const before = overtakingMs > 0 ? Math.max(lane.lastArrivalMs, this.#control.lastArrivalMs) : this.#latestArrivalMs;
    const reach = () => this.#reach(bytes, uplink.takesMs(bytes), arrive);
    this.#schedule(Math.max(arrivesAtMs, before + APART_MS), reach, lane);
  }

  /** After all else. */
  carryLast(arrive: () => void): void {
    const { clock, path } = this.#components;
    const arrivesAtMs = Math.max(clock.nowMs() + path().latencyMs, this.#latestArrivalMs + APART_MS);
    this.#schedule(arrivesAtMs, () => this.#reach(0, 0, arrive), this.#control);
  }

  /** Loses what is underway. */
  cut(): void {
    this.#life++;
    this.#held = [];
    this.#control.lastArrivalMs = 0;
    this.#latestArrivalMs = 0;
  }

  /** Lets go on what has come to a barrier, where there is none any more. */
  release(): void {
    if (this.#components.isBlocked()) return;
    for (const arrive of this.#held.splice(0)) arrive();
  }

  /** What arrives of a message: itself or, rarely, a copy with a byte flipped. */
  spoiled(message: Uint8Array): Uint8Array {
    const { random, path } = this.#components;
    const { corruption = 0 } = path();
    if (corruption === 0 || message.length === 0 || random.uniform() >= corruption) return message;
    const copy = message.slice();
    const at = random.below(copy.length);
    copy[at] = copy[at]! ^ (1 + random.below(255));
    return copy;
  }

  #schedule(arrivesAtMs: number, reach: () => void, lane: Lane): void {
    lane.lastArrivalMs = arrivesAtMs;
    this.#latestArrivalMs = Math.max(this.#latestArrivalMs, arrivesAtMs);
    const life = this.#life;
    this.#after(arrivesAtMs, () => {
      if (life === this.#life) reach();
    });
  }

  /** At the remote's line, where it may have to wait for what else comes there. */
  #reach(bytes: number, spanMs: number, arrive: () => void): void {
    const { clock, downlink, isBlocked } = this.#components;
    if (isBlocked() || this.#held.length > 0) {
      this.#held.push(() => this.#reach(bytes, spanMs, arrive));
      return;
    }
    const areInAtMs = downlink()?.areInAtMs(bytes, spanMs) ?? 0;
    const life = this.#life;
    const end = () => {
      if (life === this.#life) arrive();
    };
    if (areInAtMs > clock.nowMs()) this.#after(areInAtMs, end);
    else end();
  }

  #after(atMs: number, action: () => void): void {
    const { clock } = this.#components;
    clock.after(atMs - clock.nowMs(), action);
  }
}
