import type { OriginKey } from '../../src/sum/origin.ts';
import { MurmurError } from '../../src/support/errors.ts';
import { type Alias, aliasOf } from './alias.ts';
import { MAX_NAMES_ASKED } from './constants.ts';
import type { ShortVector } from './short-vector.ts';

/** Where an origin stands in a receiver's vector, which is the number that stands for it, and what the receiver has of it. */
interface Place {
  readonly number: number;
  readonly count: number;
}

/** A receiver's vector as its source sees it: which origins are in it shows as these become known to the source. */
export class AliasedVector {
  readonly #salt: number;
  readonly #strangers: Map<Alias, Place>;
  /** Names that the receiver has still to tell. */
  #awaited = 0;

  constructor(vector: ShortVector, salt: number) {
    this.#salt = salt;
    this.#strangers = new Map(vector.map(([alias, count], number) => [alias, { number, count }]));
  }

  /** The place of an origin that is known here and was not recognised before; null where it has none. */
  recognise(origin: OriginKey): Place | null {
    if (this.#strangers.size === 0) return null;
    const alias = aliasOf(origin, this.#salt);
    const place = this.#strangers.get(alias);
    this.#strangers.delete(alias);
    return place ?? null;
  }

  /** Numbers of those that are not known here, whose names the receiver is to tell: the ones with the fewest updates. */
  ask(): number[] {
    const numbers = [...this.#strangers.values()].slice(0, MAX_NAMES_ASKED).map(({ number }) => number);
    this.#awaited = numbers.length;
    return numbers;
  }

  /** What the receiver has of origins that it has named. Throws MESSAGE_INVALID where it was not asked for so many. */
  named(origins: readonly OriginKey[]): (readonly [OriginKey, number])[] {
    this.#awaited -= origins.length;
    if (this.#awaited < 0) {
      const problem = 'are told that nobody asked for';
      throw new MurmurError({ code: 'MESSAGE_INVALID', message: 'subscription', field: 'names', problem });
    }
    return origins.flatMap((origin) => {
      const place = this.#strangers.get(aliasOf(origin, this.#salt));
      return place === undefined ? [] : [[origin, place.count] as const];
    });
  }
}
