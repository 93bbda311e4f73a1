import { distance, placeOf, type Scope } from '../../protocols/updates/scope.ts';
import { MAX_PEERS } from '../../src/manifest.ts';
import { type OriginKey, type PeerName, peerOf } from '../../src/sum/origin.ts';
import type { Clock } from '../../src/support/clock.ts';
import { Doorbell } from '../../src/support/doorbell.ts';
import type { Members } from '../membership/members.ts';
import type { Inbox } from './inbox.ts';

/** Where a live peer's status tells of more updates than are here, and none comes for this long, they come another way. */
export const STARVED_MS = 5_000;
/** It goes on in that other way for this long after that has come, so that it does not change hands all the time. */
const FED_MS = 10_000;
/** What others are said to hold is looked for this long after they said so: they may be gone themselves, or lie. */
export const TOLD_MS = 30_000;
/** Of so many origins at a time: names are free to make up. */
const MAX_TOLD = 1024;

interface Hunger {
  /** Updates of it that are here. */
  arrived: number;
  /** Since when there are so many, though it has told of more. */
  sinceMs: number;
  /** Updates that it had told of when that had lasted too long; null before. */
  wanted: number | null;
  /** Since when these are here; null while they are not. */
  fedMs: number | null;
}

/** Others hold so many updates of an origin. */
interface Rumour {
  readonly sequence: number;
  readonly untilMs: number;
}

/**
 * Peers whose updates no chain of relays brings, so that they are asked of one neighbour after the other: those that are
 * gone, those between this peer and its nearest source, those of whom others know more and nothing comes, and those of
 * whose former processes others hold more.
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
  readonly #rumours = new Map<OriginKey, Rumour>();

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

  /** Somebody holds so many updates of an origin, more than are here. */
  told(origin: OriginKey, sequence: number): void {
    const name = peerOf(origin);
    if (this.#members.get(name) === undefined) this.follow(name);
    const known = this.#rumours.get(origin);
    if (known === undefined && this.#rumours.size >= MAX_TOLD) return;
    const untilMs = this.#clock.nowMs() + TOLD_MS;
    this.#rumours.set(origin, { sequence: Math.max(sequence, known?.sequence ?? 0), untilMs });
    // Whoever has asked for it in vain asks again.
    if (known === undefined && this.#names.has(name)) this.more.ring();
  }

  /** Whoever brings this live peer's updates no longer can: they are asked of others at once. */
  starve(name: PeerName): void {
    const sinceMs = this.#clock.nowMs();
    const hunger = this.#hunger.get(name) ?? { arrived: 0, sinceMs, wanted: null, fedMs: null };
    hunger.wanted ??= this.#members.get(name)?.status?.published ?? 0;
    this.#hunger.set(name, hunger);
  }

  /** Whether a feed of such a scope brings nothing but strays. */
  hasAll(scope: Scope): boolean {
    return !('arc' in scope) && scope.every((name) => this.#names.has(name));
  }

  names(): PeerName[] {
    return [...this.#names].sort();
  }

  /**
   * Looks at everyone anew, the sources being these, the nearest first; calls `onStarved` for whose updates have just
   * stopped coming. What a source itself publishes at present nobody brings better.
   */
  look(sources: readonly PeerName[], onStarved: (name: PeerName) => void): void {
    const before = this.#names.size;
    const own = placeOf(this.#self);
    const steps = distance(own, placeOf(sources[0]!));
    const rumoured = this.#rumoured();
    this.isLacking = false;
    for (const name of this.#followed) {
      if (this.#members.get(name) !== undefined) continue;
      this.#names.add(name);
      this.isLacking ||= rumoured.has(name);
    }
    for (const { name, place, live, status } of this.#members.all()) {
      const arrived = status === null ? 0 : this.#inbox.arrived.get(status.origin);
      const lacks = arrived < (status?.published ?? 0) || rumoured.has(name);
      // One that has left, and of whom everything is here, is no stray, unless it was one already.
      const isGone = !live && (this.#names.has(name) || status?.state !== 'left' || lacks);
      const starves = live && this.#starves(name, status?.published ?? 0, arrived, onStarved);
      const isOutOfReach = !sources.includes(name) && (starves || distance(own, place) < steps);
      if (isGone || (live && (isOutOfReach || rumoured.has(name)))) {
        this.#names.add(name);
        this.isLacking ||= lacks;
      } else {
        this.#names.delete(name);
      }
    }
    if (this.#names.size > before) this.more.ring();
  }

  /** Peers of whose origins others hold more; the present one of a live peer is left to its own word. */
  #rumoured(): Set<PeerName> {
    const nowMs = this.#clock.nowMs();
    const names = new Set<PeerName>();
    for (const [origin, { sequence, untilMs }] of this.#rumours) {
      const { live, status } = this.#members.get(peerOf(origin)) ?? {};
      if (this.#inbox.arrived.get(origin) >= sequence || untilMs <= nowMs) this.#rumours.delete(origin);
      else if (!live || (status && status.origin !== origin)) names.add(peerOf(origin));
    }
    return names;
  }

  /** Whether a live peer's updates do not come by relays. */
  #starves(name: PeerName, published: number, arrived: number, onStarved: (name: PeerName) => void): boolean {
    const nowMs = this.#clock.nowMs();
    const hunger = this.#hunger.get(name);
    if (hunger !== undefined && hunger.wanted !== null) {
      hunger.fedMs = arrived >= hunger.wanted ? (hunger.fedMs ?? nowMs) : null;
      if (hunger.fedMs === null || nowMs - hunger.fedMs < FED_MS) return true;
    } else if (arrived < published) {
      if (hunger === undefined || hunger.arrived !== arrived) {
        this.#hunger.set(name, { arrived, sinceMs: nowMs, wanted: null, fedMs: null });
      } else if (nowMs - hunger.sinceMs >= STARVED_MS) {
        hunger.wanted = published;
        onStarved(name);
        return true;
      }
      return false;
    }
    this.#hunger.delete(name);
    return false;
  }
}
