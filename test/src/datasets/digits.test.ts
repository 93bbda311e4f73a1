import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Split, sampleSize } from '../../../src/datasets/dataset.ts';
import { digitsDataset, MAX_DIGITS } from '../../../src/datasets/digits.ts';
import { glyphs } from '../../../src/datasets/digits-glyphs.ts';

const PIXELS = 784;

function bytesOf(split: Split, index: number): Buffer {
  const sample = new Float32Array(PIXELS);
  split.read(index, sample, 0);
  return Buffer.from(Uint8Array.from(sample, (level) => Math.round(level * 255)));
}

describe('digitsDataset', () => {
  it('describes ten classes of 28 by 28', () => {
    const digits = digitsDataset({ seed: 1, train: 20, test: 10 });
    expect(digits).toMatchObject({ name: 'digits', sampleShape: [28, 28], classes: 10 });
    expect(sampleSize(digits)).toBe(PIXELS);
    expect([digits.train.count, digits.test.count]).toEqual([20, 10]);
  });

  it('gives the same bytes for the same seed, split and index, whatever was read before and however many there are', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.array(fc.nat(49), { minLength: 1 }), (seed, order) => {
        const few = digitsDataset({ seed, train: 50, test: 50 });
        const many = digitsDataset({ seed, train: 73, test: 120 });
        for (const index of order) {
          expect(bytesOf(many.train, index)).toEqual(bytesOf(few.train, index));
          expect(bytesOf(many.test, index)).toEqual(bytesOf(few.test, index));
        }
        expect(many.train.labels.subarray(0, 50)).toEqual(few.train.labels);
      }),
      { numRuns: 20 },
    );
  });

  it('gives the same bytes on every platform and version', () => {
    const { train, test } = digitsDataset({ seed: 1, train: 200, test: 200 });
    const hash = createHash('sha256').update(train.labels).update(test.labels);
    for (let index = 0; index < 200; index++) hash.update(bytesOf(train, index)).update(bytesOf(test, index));
    expect(hash.digest('hex')).toBe('b234ec481040d2b58937642cc7811d086b4c714ec096e2365f4368c9c46ab7b4');
  });

  it('never repeats a sample between seeds, splits or indices', () => {
    const sets = [1, 2].map((seed) => digitsDataset({ seed, train: 100, test: 100 }));
    const samples = sets.flatMap(({ train, test }) =>
      [train, test].flatMap((split) =>
        Array.from({ length: 100 }, (_, index) => bytesOf(split, index).toString('hex')),
      ),
    );
    expect(new Set(samples).size).toBe(400);
  });

  it('has balanced labels at every count', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), (count) => {
        const { labels } = digitsDataset({ seed: 5, train: count, test: 1 }).train;
        const counts = new Array<number>(10).fill(0);
        for (const label of labels) counts[label]!++;
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('writes at the offset and nowhere else, within [0, 1], with ink in every sample', () => {
    const { train } = digitsDataset({ seed: 3, train: 500, test: 1 });
    const row = new Float32Array(PIXELS + 2).fill(-1);
    for (let index = 0; index < train.count; index++) {
      train.read(index, row, 1);
      const sample = row.subarray(1, -1);
      expect([row[0], row.at(-1)]).toEqual([-1, -1]);
      expect(sample.every((level) => level >= 0 && level <= 1)).toBe(true);
      expect(sample.filter((level) => level > 0.4).length).toBeGreaterThan(10);
    }
  });

  it.each([0, -1, 1.5, MAX_DIGITS + 1])('refuses %d samples', (count) => {
    expect(() => digitsDataset({ seed: 1, train: count, test: 10 })).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ code: 'CONFIG_INVALID', field: 'data.train' }) }),
    );
  });

  it('is too hard for a linear model and well above chance', () => {
    const { train, test } = digitsDataset({ seed: 1, train: 8000, test: 2000 });
    const accuracy = softmaxRegression(train, test, { epochs: 8, batch: 20, rate: 0.1 });
    expect(accuracy).toBeLessThan(0.9);
    expect(accuracy).toBeGreaterThan(0.6);
  });
});

describe('glyphs', () => {
  it('has two variants at least of every digit, whose points lie in the box', () => {
    expect(glyphs.length).toBe(10);
    for (const variants of glyphs) {
      expect(variants.length).toBeGreaterThanOrEqual(2);
      for (const { points, corners } of variants.flat()) {
        expect(points.length).toBe(2 * corners.length);
        expect(points.every((side) => side >= -1 && side <= 1)).toBe(true);
      }
    }
  });
});

function readAll(split: Split): Float32Array {
  const inputs = new Float32Array(split.count * PIXELS);
  for (let index = 0; index < split.count; index++) split.read(index, inputs, index * PIXELS);
  return inputs;
}

/** Test accuracy of multinomial logistic regression after stochastic gradient descent with a rate falling to zero. */
function softmaxRegression(
  train: Split,
  test: Split,
  { epochs, batch, rate }: Record<'epochs' | 'batch' | 'rate', number>,
) {
  const weights = Array.from({ length: 10 }, () => new Float32Array(PIXELS));
  const biases = new Float64Array(10);
  const inputs = readAll(train);
  const scores = (from: Float32Array, index: number) =>
    weights.map((row, label) => {
      let sum = biases[label]!;
      for (let at = 0; at < PIXELS; at++) sum += row[at]! * from[index * PIXELS + at]!;
      return sum;
    });
  const steps = (epochs * train.count) / batch;
  for (let step = 0; step < steps; step++) {
    const stepRate = (rate * (1 - step / steps)) / batch;
    const rows = Array.from({ length: batch }, (_, row) => (step * batch + row) % train.count);
    const pulls = rows.map((index) => {
      const powers = scores(inputs, index).map(Math.exp);
      const total = powers.reduce((sum, power) => sum + power, 0);
      return powers.map((power, label) => stepRate * ((label === train.labels[index] ? 1 : 0) - power / total));
    });
    rows.forEach((index, row) => {
      pulls[row]!.forEach((pull, label) => {
        const target = weights[label]!;
        for (let at = 0; at < PIXELS; at++) target[at]! += pull * inputs[index * PIXELS + at]!;
        biases[label]! += pull;
      });
    });
  }
  const held = readAll(test);
  let right = 0;
  for (let index = 0; index < test.count; index++) {
    const found = scores(held, index);
    if (found.indexOf(Math.max(...found)) === test.labels[index]) right++;
  }
  return right / test.count;
}
