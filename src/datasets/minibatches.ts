import { MurmurError } from '../support/errors.ts';
import type { Random } from '../support/random.ts';
import type { Minibatch, Split } from './dataset.ts';

/**
 * An endless stream of minibatches from a shard: each epoch takes every sample once, in a new random order, and a
 * minibatch that reaches the end of one goes on in the next, so that all have `batch` samples.
 */
export class Minibatches {
  readonly #split: Split;
  readonly #sampleSize: number;
  readonly #order: Uint32Array;
  readonly #random: Random;
  readonly #minibatch: Minibatch;
  #position: number;

  /**
   * @param sampleSize floats of one sample
   * @param shard the indices to draw from; not changed
   * @throws CONFIG_INVALID where the shard is empty
   */
  constructor(split: Split, sampleSize: number, shard: Uint32Array, batch: number, random: Random) {
    if (shard.length === 0) {
      throw new MurmurError({
        code: 'CONFIG_INVALID',
        field: 'data.train',
        problem: 'this peer has no samples',
        mend: 'use more samples or fewer peers',
      });
    }
    this.#split = split;
    this.#sampleSize = sampleSize;
    this.#order = shard.slice();
    this.#random = random;
    this.#position = shard.length;
    this.#minibatch = { count: batch, inputs: new Float32Array(batch * sampleSize), labels: new Uint8Array(batch) };
  }

  /** The next minibatch. Its arrays are the same each time: it holds until the next call. */
  next(): Minibatch {
    const { count, inputs, labels } = this.#minibatch;
    for (let row = 0; row < count; row++) {
      const index = this.#nextIndex();
      this.#split.read(index, inputs, row * this.#sampleSize);
      labels[row] = this.#split.labels[index]!;
    }
    return this.#minibatch;
  }

  /** Goes on as if so many samples more had been drawn. */
  advance(samples: number): void {
    for (let left = samples; left > 0; ) {
      this.#beginEpochWhereOver();
      const step = Math.min(left, this.#order.length - this.#position);
      this.#position += step;
      left -= step;
    }
  }

  #nextIndex(): number {
    this.#beginEpochWhereOver();
    return this.#order[this.#position++]!;
  }

  #beginEpochWhereOver(): void {
    if (this.#position < this.#order.length) return;
    this.#random.shuffle(this.#order);
    this.#position = 0;
  }
}
