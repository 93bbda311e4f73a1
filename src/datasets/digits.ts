import { MurmurError } from '../support/errors.ts';
import { type Random, seededRandom } from '../support/random.ts';
import { scaleBytes } from './byte-samples.ts';
import type { Dataset, Split } from './dataset.ts';
import { DIGIT_SIDE, DigitPen } from './digits-pen.ts';

/** Enough that a quarter of them is clearly too few for a network of 100 hidden units. */
export const DIGITS_TRAIN = 16_000;
/** The standard error of an accuracy near 96 % is 0.3 points. */
export const DIGITS_TEST = 4_000;
/** The most samples of one split: their bytes take 784 MB once all are drawn. */
export const MAX_DIGITS = 1_000_000;

const CLASSES = 10;
const SAMPLE_BYTES = DIGIT_SIDE * DIGIT_SIDE;

/**
 * Ten classes of procedural handwriting, [28, 28] grey, on any machine without a download. Sample `i` of a split
 * depends only on the seed, the split's name and `i`, and is drawn when first read: a peer pays for its own shard alone.
 *
 * @throws CONFIG_INVALID where a count is not between 1 and `MAX_DIGITS`
 */
export function digitsDataset(options: { seed: number; train: number; test: number }): Dataset {
  const random = seededRandom(options.seed).fork('digits');
  return {
    name: 'digits',
    sampleShape: [DIGIT_SIDE, DIGIT_SIDE],
    classes: CLASSES,
    train: new DigitSplit('train', options.train, random),
    test: new DigitSplit('test', options.test, random),
  };
}

class DigitSplit implements Split {
  readonly count: number;
  readonly labels: Uint8Array;
  readonly #random: Random;
  readonly #pen = new DigitPen();
  readonly #pixels: Uint8Array;
  readonly #drawn: Uint8Array;

  constructor(name: 'train' | 'test', count: number, random: Random) {
    if (!Number.isInteger(count) || count < 1 || count > MAX_DIGITS) {
      throw new MurmurError({
        code: 'CONFIG_INVALID',
        field: `data.${name}`,
        problem: `${count} generated samples are not possible`,
        mend: `use a whole number from 1 to ${MAX_DIGITS}`,
      });
    }
    this.count = count;
    this.#random = random.fork(name);
    this.labels = balancedLabels(count, this.#random.fork('labels'));
    this.#pixels = new Uint8Array(count * SAMPLE_BYTES);
    this.#drawn = new Uint8Array(count);
  }

  read(index: number, into: Float32Array, offset: number): void {
    const from = index * SAMPLE_BYTES;
    if (this.#drawn[index] === 0) {
      const pixels = this.#pixels.subarray(from, from + SAMPLE_BYTES);
      this.#pen.write(this.labels[index]!, this.#random.fork(index), pixels);
      this.#drawn[index] = 1;
    }
    scaleBytes(this.#pixels, from, SAMPLE_BYTES, into, offset);
  }
}

/** Every ten consecutive samples are the ten digits in random order, so that each count of samples is balanced. */
function balancedLabels(count: number, random: Random): Uint8Array {
  const labels = new Uint8Array(count);
  const digits = Uint8Array.from({ length: CLASSES }, (_, digit) => digit);
  for (let start = 0; start < count; start += CLASSES) {
    random.shuffle(digits);
    labels.set(digits.subarray(0, Math.min(CLASSES, count - start)), start);
  }
  return labels;
}
