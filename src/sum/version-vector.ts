import { createHash } from 'node:crypto';
import type { OriginKey } from './origin.ts';

/** How an update `(from, to]` of one origin stands to what a vector covers of that origin. */
export type Standing =
  /** Starts exactly where the vector stands. */
  | 'next'
  /** Wholly covered. */
  | 'covered'
  /** Starts beyond: something is missing in between. */
  | 'gap'
  /** Partly covered; its parts cannot be separated. */
  | 'straddles';

/**
 * No count is told beyond this, whatever a hostile origin's sequence adds to it: at a thousand updates a second good for 8,900
 * years, and exact in a double with room to add.
 */
export const MAX_TOTAL = 2 ** 48;

/** What a peer knows: per origin, the highest sequence applied with no gap below it. */
export class VersionVector {
  readonly #highest: Map<OriginKey, number>;
  #total = 0;
  #digest: string | null = null;

  constructor(entries: Iterable<readonly [OriginKey, number]> = []) {
    this.#highest = new Map(entries);
    for (const sequence of this.#highest.values()) this.#total += sequence;
  }

  /** Zero for an origin never heard of. */
  get(origin: OriginKey): number {
    return this.#highest.get(origin) ?? 0;
  }

  standing(origin: OriginKey, from: number, to: number): Standing {
    const highest = this.get(origin);
    if (from === highest) return 'next';
    if (to <= highest) return 'covered';
    return from > highest ? 'gap' : 'straddles';
  }

  /** Moves one origin forward. The caller has asked for the standing. */
  advance(origin: OriginKey, to: number): void {
    this.#total += to - this.get(origin);
    this.#highest.set(origin, to);
    this.#digest = null;
  }

  /** Puts other entries in the place of all. */
  replace(entries: Iterable<readonly [OriginKey, number]>): void {
    this.#digest = null;
    this.#total = 0;
    this.#highest.clear();
    for (const [origin, sequence] of entries) this.advance(origin, sequence);
  }

  /** Updates of all origins, up to `MAX_TOTAL`. */
  total(): number {
    return Math.min(MAX_TOTAL, this.#total);
  }

  /** Whether this vector has everything that `other` has. */
  covers(other: VersionVector): boolean {
    for (const [origin, sequence] of other.#highest) if (this.get(origin) < sequence) return false;
    return true;
  }

  equals(other: VersionVector): boolean {
    return this.covers(other) && other.covers(this);
  }

  /** 128 bits of SHA-256 in hexadecimal: equal vectors, and no others, have equal ones. Kept until the vector changes. */
  digest(): string {
    if (this.#digest === null) {
      const sorted = [...this.#highest].filter(([, sequence]) => sequence > 0).sort(([a], [b]) => (a < b ? -1 : 1));
      this.#digest = createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 32);
    }
    return this.#digest;
  }

  isEmpty(): boolean {
    return this.#highest.size === 0;
  }

  entries(): IterableIterator<[OriginKey, number]> {
    return this.#highest.entries();
  }
}
