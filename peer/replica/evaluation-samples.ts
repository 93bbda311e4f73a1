import { type Dataset, type Minibatch, sampleSize } from '../../src/datasets/dataset.ts';
import type { Random } from '../../src/support/random.ts';

/** The whole test set, and a fixed random part of it that stands in while a run goes on. Peers of a simulation share it. */
export interface EvaluationSamples {
  readonly whole: Minibatch;
  readonly standIn: Minibatch;
}

/** Reads the test set in an order drawn from `random`, so that the stand-in samples are its beginning. */
export function evaluationSamples(dataset: Dataset, standInCount: number, random: Random): EvaluationSamples {
  const { test } = dataset;
  const size = sampleSize(dataset);
  const order = random.shuffle(Uint32Array.from({ length: test.count }, (_, index) => index));
  const inputs = new Float32Array(test.count * size);
  const labels = new Uint8Array(test.count);
  order.forEach((index, row) => {
    test.read(index, inputs, row * size);
    labels[row] = test.labels[index]!;
  });
  const count = Math.min(standInCount, test.count);
  return {
    whole: { count: test.count, inputs, labels },
    standIn: { count, inputs: inputs.subarray(0, count * size), labels: labels.subarray(0, count) },
  };
}
