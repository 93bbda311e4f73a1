import { distance, placeOf } from '../../protocols/updates/scope.ts';
import type { PeerName } from '../../src/sum/origin.ts';
import type { Clock } from '../../src/support/clock.ts';
import type { Members } from './members.ts';

/** Every this often one of the fingers moves on: each stays for a minute with six of them. */
export const TURN_MS = 10_000;

/** Names in the order in which they follow a place upwards on the ring. */
export function upwards(place: number, names: readonly PeerName[]): PeerName[] {
  const ahead = names.map((name) => ({ name, steps: distance(place, placeOf(name)) }));
  return ahead.sort((a, b) => a.steps - b.steps || (a.name < b.name ? -1 : 1)).map(({ name }) => name);
}

/**
 * Cuts a list into at most `count` classes that grow by one factor: whoever takes one of each halves, or better, the way
 * to anybody in the list with every step. (Chord's fingers, Stoica et al., SIGCOMM 2001, by rank.)
 */
export function growingClasses<T>(list: readonly T[], count: number): T[][] {
  const classes: T[][] = [];
  for (let first = 0, i = 1; first < list.length; i++) {
    const end = i >= count ? list.length : Math.max(first + 1, Math.floor(list.length ** ((i - 1) / (count - 1))));
    classes.push(list.slice(first, end));
    first = end;
  }
  return classes;
}

/**
 * Whom a peer takes as neighbours: of each class of distance one after the other, at the rank at which everybody takes
 * its own at that time. So each peer is taken by one other of each class, and all relay alike: taken at random, some
 * would pass on twice the mean, and some hardly anything.
 */
export class Fingers {
  readonly self: PeerName;
  readonly #clock: Clock;
  readonly #members: Members;
  readonly #count: number;
  #made: { readonly key: string; readonly classes: PeerName[][] } = { key: '', classes: [] };

  /** @param init.count classes, and neighbours to take updates from */
  constructor(
    { clock, members }: { clock: Clock; members: Members },
    { self, count }: { self: string; count: number },
  ) {
    this.self = self;
    this.#clock = clock;
    this.#members = members;
    this.#count = count;
  }

  /** The live peers by distance, the nearest first; within each class whoever is preferred at present comes first. */
  classes(): readonly (readonly PeerName[])[] {
    const turn = Math.floor(this.#clock.nowMs() / TURN_MS);
    const key = `${turn} ${this.#members.generation}`;
    if (this.#made.key !== key) this.#made = { key, classes: this.#make(turn) };
    return this.#made.classes;
  }

  #make(turn: number): PeerName[][] {
    const live = upwards(
      placeOf(this.self),
      this.#members.live().map(({ name }) => name),
    );
    return growingClasses(live, this.#count).map((names, index) => {
      const first = placeOf(`${index} ${Math.floor((turn + index) / this.#count)}`) % names.length;
      return [...names.slice(first), ...names.slice(0, first)];
    });
  }
}
