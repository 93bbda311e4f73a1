import { distance, placeOf, type Scope } from '../../protocols/updates/scope.ts';
import { MAX_PEERS } from '../../src/manifest.ts';
import type { PeerName } from '../../src/sum/origin.ts';
import type { Clock } from '../../src/support/clock.ts';
import { Doorbell } from '../../src/support/doorbell.ts';
import type { Members } from '../membership/members.ts';
import type { Inbox } from './inbox.ts';

/** Where a live peer's status tells of more updates than are here, and none comes for this long, they come another way. */
export const STARVED_MS = 5_000;
/** It goes on in that other way for this long after everything has come, so that it does not change hands all the time. */
const FED_MS = 10_000;

interface Hunger {
  /** Updates of it that are here. */
  arrived: number;
  /** Since when there are so many, though it has told of more. */
  sinceMs: number;
  /** Whether that has lasted too long. */
  isStarved: boolean;
  /** Since when all is here that it has told of; null while it is not. */
  fedMs: number | null;
}

/**
 * Peers whose updates no chain of relays brings, so that they are asked of one neighbour after the other: those that are
 * gone, those between this peer and its nearest source, and those of whom others know more and nothing comes.
 */
export class Strays {
  /** Rings where there is one more. */
  readonly more = new Doorbell();
  /** Whether it is known that one of them has published more than is here. */
  isLacking = false;
  readonly #clock: Clock;
  readonly #members: Members;
  readonly #inbox: Inbox;
  readonly #self: PeerName;
  readonly #followed = new Set<PeerName>();
  readonly #names = new Set<PeerName>();
  readonly #hunger = new Map<PeerName, Hunger>();

  constructor(components: { clock: Clock; members: Members; inbox: Inbox }, self: PeerName) {
    this.#clock = components.clock;
    this.#members = components.members;
    this.#inbox = components.inbox;
    this.#self = self;
  }

  /** A stray until it is a member. */
  follow(name: PeerName): void {
    if (this.#followed.size < MAX_PEERS) this.#followed.add(name);
  }

  /** Whoever brings this live peer's updates no longer can: they are asked of others at once. */
  starve(name: PeerName): void {
    const hunger = this.#hunger.get(name) ?? { arrived: 0, sinceMs: this.#clock.nowMs(), isStarved: true, fedMs: null };
    hunger.isStarved = true;
    this.#hunger.set(name, hunger);
  }

  /** Whether a feed of such a scope brings nothing but strays. */
  hasAll(scope: Scope): boolean {
    return !('arc' in scope) && scope.every((name) => this.#names.has(name));
  }

  names(): PeerName[] {
    return [...this.#names].sort();
  }

  /** Looks at everyone anew, the nearest source being `nearest`; calls `onStarved` for whose updates have just stopped coming. */
  look(nearest: PeerName, onStarved: (name: PeerName) => void): void {
    const before = this.#names.size;
    const steps = this.#stepsTo(nearest);
    this.isLacking = false;
    for (const name of this.#followed) if (this.#members.get(name) === undefined) this.#names.add(name);
    for (const { name, live, status } of this.#members.all()) {
      const arrived = status === null ? 0 : this.#inbox.arrived.get(status.origin);
      const lacks = arrived < (status?.published ?? 0);
      // One that has left, and of whom everything is here, is no stray, unless it was one already.
      const isGone = !live && (this.#names.has(name) || status?.state !== 'left' || lacks);
      if (isGone || (live && (this.#starves(name, lacks, arrived, onStarved) || this.#stepsTo(name) < steps))) {
        this.#names.add(name);
        this.isLacking ||= lacks;
      } else {
        this.#names.delete(name);
      }
    }
    if (this.#names.size > before) this.more.ring();
  }

  #stepsTo(name: PeerName): number {
    return distance(placeOf(this.#self), placeOf(name));
  }

  /** Whether a live peer's updates do not come by relays. */
  #starves(name: PeerName, lacks: boolean, arrived: number, onStarved: (name: PeerName) => void): boolean {
    const nowMs = this.#clock.nowMs();
    const hunger = this.#hunger.get(name);
    if (lacks) {
      if (hunger === undefined) this.#hunger.set(name, { arrived, sinceMs: nowMs, isStarved: false, fedMs: null });
      else if (this.#hasTurned(hunger, arrived)) onStarved(name);
      return hunger?.isStarved ?? false;
    }
    if (hunger?.isStarved) {
      hunger.fedMs ??= nowMs;
      if (nowMs - hunger.fedMs < FED_MS) return true;
    }
    this.#hunger.delete(name);
    return false;
  }

  /** Whether patience has just ended. */
  #hasTurned(hunger: Hunger, arrived: number): boolean {
    const nowMs = this.#clock.nowMs();
    if (hunger.arrived !== arrived) hunger.sinceMs = nowMs;
    hunger.arrived = arrived;
    hunger.fedMs = null;
    if (hunger.isStarved || nowMs - hunger.sinceMs < STARVED_MS) return false;
    hunger.isStarved = true;
    return true;
  }
}
