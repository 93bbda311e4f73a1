import type { Network } from '../../protocols/network.ts';
import type { PeerName } from '../../src/sum/origin.ts';
import type { Clock } from '../../src/support/clock.ts';
import { type Rate, RateLimit } from '../../src/support/rate-limit.ts';
import type { Fingers } from './fingers.ts';
import type { Introductions } from './introductions.ts';
import type { Members } from './members.ts';

/** Of each class of distance so many are dialled at most, the next one where the one before it was not reached. */
const DIALLED_PER_CLASS = 2;
/**
 * Of classes that have somebody connected already. As a swarm grows, who comes first in a class changes all the time: where
 * each was dialled at once, 64 peers that started together made 2,000 connections, everybody to everybody. Where it took a
 * minute, those whom the others had joined relayed for all until then.
 */
const BETTERMENTS: Rate = { perSecond: 0.5, burst: 2 };
/** Of the peers that are gone without a word, or are not heard of of late, so many of each are dialled at a time. */
const CALLED = 4;
/** Connections beyond which those that nobody uses are ended: in a swarm of any size each finger is used by as many. */
export const MAX_IDLE_NEIGHBOURS = 32;
/** Time for a new neighbour to subscribe. */
export const IDLE_MS = 10_000;

export interface NeighboursComponents {
  readonly network: Network;
  readonly clock: Clock;
  readonly members: Members;
  readonly introductions: Introductions;
  readonly exchange: {
    /** Null where everybody is to be connected. */
    readonly fingers: Fingers | null;
    /** Whether updates pass between this peer and that one. */
    isInUse(peer: PeerName): boolean;
  };
}

/** Keeps a peer connected: to everybody or, where it has fingers, to these and to those whose finger it is. */
export class Neighbours {
  readonly #components: NeighboursComponents;
  readonly #join: readonly string[];
  /** When each connection was last in use. */
  readonly #usedMs = new Map<PeerName, number>();
  readonly #betterments = new RateLimit(BETTERMENTS);

  /** @param join addresses that lead into the run */
  constructor(components: NeighboursComponents, join: readonly string[]) {
    this.#components = components;
    this.#join = join;
  }

  /** Call at intervals. */
  tend(): void {
    const { members, introductions, exchange } = this.#components;
    const { fingers } = exchange;
    // Nobody else joins the halves of a network that fell apart, or brings back a peer that has lost everybody.
    const lost =
      fingers === null ? members.lost() : [...members.quiet().slice(0, CALLED), ...members.lost().slice(0, CALLED)];
    for (const { name, addresses } of lost) introductions.seek(name, addresses);
    // Where everybody is to be connected, who was heard of by others may still not be.
    if (fingers === null) {
      for (const { name, status } of members.live()) introductions.seek(name, status?.addresses ?? []);
    }
    if (members.live().length === 0) introductions.call(this.#join);
    if (fingers === null) return;
    this.#reach(fingers);
    this.#endIdle(fingers);
  }

  #reach(fingers: Fingers): void {
    const { clock, members, introductions, network } = this.#components;
    for (const names of fingers.classes()) {
      const isServed = names.some((name) => network.connected.has(name));
      for (const name of names.slice(0, DIALLED_PER_CLASS)) {
        if (network.connected.has(name)) break;
        const mayDial = !introductions.seeks(name) && (!isServed || this.#betterments.allows('', clock.nowMs()));
        if (mayDial) introductions.seek(name, members.get(name)?.status?.addresses ?? []);
        if (!introductions.missed(name)) break;
      }
    }
  }

  /** Those that have been idle for longest go first. */
  #endIdle(fingers: Fingers): void {
    const { clock, network, exchange } = this.#components;
    const nowMs = clock.nowMs();
    const wanted = new Set(fingers.classes().map(([first]) => first));
    for (const name of this.#usedMs.keys()) if (!network.connected.has(name)) this.#usedMs.delete(name);
    for (const name of network.connected) {
      if (!this.#usedMs.has(name) || wanted.has(name) || exchange.isInUse(name)) this.#usedMs.set(name, nowMs);
    }
    const idle = [...this.#usedMs].filter(([, usedMs]) => nowMs - usedMs >= IDLE_MS).sort(([, a], [, b]) => a - b);
    const surplus = Math.max(0, network.connected.size - MAX_IDLE_NEIGHBOURS);
    for (const [name] of idle.slice(0, surplus)) network.disconnect(name);
  }
}
