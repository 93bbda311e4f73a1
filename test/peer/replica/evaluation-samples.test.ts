import { expect, test } from 'vitest';
import { evaluationSamples } from '../../../peer/replica/evaluation-samples.ts';
import { digitsDataset } from '../../../src/datasets/digits.ts';
import { seededRandom } from '../../../src/support/random.ts';

const dataset = digitsDataset({ seed: 3, train: 10, test: 60 });
const samplesOf = (count: number, seed = 1) => evaluationSamples(dataset, count, seededRandom(seed));
const row = (inputs: Float32Array, index: number) => inputs.subarray(index * 784, (index + 1) * 784).join();

test('the whole is every test sample once, with its own label', () => {
  const { whole } = samplesOf(20);
  const expected = new Map<string, number>();
  const sample = new Float32Array(784);
  for (let i = 0; i < 60; i++) {
    dataset.test.read(i, sample, 0);
    expected.set(sample.join(), dataset.test.labels[i]!);
  }
  expect(whole.count).toBe(60);
  const read = new Map(Array.from({ length: 60 }, (_, i) => [row(whole.inputs, i), whole.labels[i]!]));
  expect(read).toEqual(expected);
});

test('the stand-in is a fixed random part of it, the same for equal seeds', () => {
  const { whole, standIn } = samplesOf(20);
  expect([standIn.count, standIn.inputs.length, standIn.labels.length]).toEqual([20, 20 * 784, 20]);
  expect(standIn.inputs).toEqual(whole.inputs.subarray(0, 20 * 784));
  expect(samplesOf(20).standIn.labels).toEqual(standIn.labels);
  expect(samplesOf(20, 2).standIn.inputs).not.toEqual(standIn.inputs);
});

test('a stand-in larger than the test set is the test set', () => {
  const { whole, standIn } = samplesOf(1000);
  expect(standIn).toEqual(whole);
});
