import type { OriginKey } from '../../src/sum/origin.ts';
import type { VersionVector } from '../../src/sum/version-vector.ts';

/** What an update that comes back from this peer's past ought to do to `pending`. */
export type Effect = 'taken out whole' | 'shrinks' | 'none';

/** Which updates of a peer's past may be in its `pending` still; outlives its processes by way of checkpoints. */
export class PastBook {
  readonly #givenUp: Set<OriginKey>;
  readonly #putBack: Set<string>;
  readonly #returned: Set<string>;
  /** Where the checkpoint stood that this process goes on from; null where it began anew, or nothing is left of it. */
  #restoredAt: VersionVector | null;

  constructor(former: PastBook | null = null, restoredAt: VersionVector | null = null) {
    this.#givenUp = new Set(former === null ? [] : former.#givenUp);
    this.#putBack = new Set(former === null ? [] : former.#putBack);
    this.#returned = new Set(former === null ? [] : former.#returned);
    this.#restoredAt = restoredAt;
  }

  /** Updates of `origin` beyond `above`, `count` of them, went back into `pending`; the rest of them is none of it. */
  gaveUp(origin: OriginKey, above: number, count: number): void {
    this.#givenUp.add(origin);
    for (let sequence = above + 1; sequence <= above + count; sequence++) this.#putBack.add(`${origin} ${sequence}`);
  }

  /** The effect of an update that comes back, which it has once. */
  comesBack(origin: OriginKey, sequence: number): Effect {
    const key = `${origin} ${sequence}`;
    if (this.#putBack.delete(key)) return 'taken out whole';
    if (this.#restoredAt === null || sequence <= this.#restoredAt.get(origin)) return 'none';
    if (this.#givenUp.has(origin) || this.#returned.has(key)) return 'none';
    this.#returned.add(key);
    return 'shrinks';
  }

  /** Nothing of the past is pending any more. */
  clear(): void {
    this.#givenUp.clear();
    this.#putBack.clear();
    this.#returned.clear();
    this.#restoredAt = null;
  }
}
