import { createHash } from 'node:crypto';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/**
 * A seeded stream of randomness. Streams are named, not shared: `fork('shard')` depends only on the seed and the
 * name, never on what was drawn before, so that a new consumer of randomness changes nothing for the others.
 */
export interface Random {
  /** A stream of its own for one purpose. */
  fork(name: string | number): Random;
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Uniform integer in [0, bound). */
  below(bound: number): number;
  /** Standard normal. */
  normal(): number;
  /** 64 random bits. */
  bits64(): bigint;
  /** Puts `items` into random order, in place. */
  shuffle<T extends { length: number; [index: number]: number | unknown }>(items: T): T;
}

class SeededRandom implements Random {
  readonly #path: string;
  readonly #generator: ReturnType<typeof xoroshiro128plusFromState>;

  constructor(path: string) {
    this.#path = path;
    const state = createHash('sha256').update(path).digest();
    this.#generator = xoroshiro128plusFromState([0, 4, 8, 12].map((at) => state.readInt32LE(at)));
  }

  fork(name: string | number): Random {
    return new SeededRandom(`${this.#path}/${name}`);
  }

  uniform(): number {
    return (this.#generator.next() >>> 0) / 2 ** 32;
  }

  below(bound: number): number {
    return uniformInt(this.#generator, 0, bound - 1);
  }

  normal(): number {
    // Box and Muller's transform; 1 - uniform() keeps the logarithm finite.
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  bits64(): bigint {
    const high = BigInt(this.#generator.next() >>> 0);
    return (high << 32n) | BigInt(this.#generator.next() >>> 0);
  }

  shuffle<T extends { length: number; [index: number]: number | unknown }>(items: T): T {
    for (let last = items.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      const held = items[last];
      items[last] = items[other];
      items[other] = held;
    }
    return items;
  }
}

/** The root stream of a seed: equal seeds give equal bits on every platform and Node version. */
export function seededRandom(seed: number | bigint | string): Random {
  return new SeededRandom(`murmuration/${seed}`);
}
