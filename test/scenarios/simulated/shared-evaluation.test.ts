import { expect, test } from 'vitest';
import { shareEvaluations } from '../../../scenarios/simulated/shared-evaluation.ts';
import type { Compute } from '../../../src/compute/compute.ts';
import type { Minibatch } from '../../../src/datasets/dataset.ts';

/** Counts its evaluations, and tells the first parameter as the accuracy. */
function computeOf() {
  let evaluations = 0;
  const compute = {
    evaluate: async (parameters: Float32Array) => {
      evaluations++;
      return { accuracy: parameters[0]!, loss: 0 };
    },
  } as unknown as Compute;
  return { shared: shareEvaluations(compute), evaluations: () => evaluations };
}

const few = { count: 1 } as Minibatch;
const many = { count: 2 } as Minibatch;

test('equal parameters are evaluated once on the same samples', async () => {
  const { shared, evaluations } = computeOf();
  for (let peer = 0; peer < 5; peer++) {
    expect(await shared.evaluate(Float32Array.of(0.5, 1), few)).toMatchObject({ accuracy: 0.5 });
    expect(await shared.evaluate(Float32Array.of(0.25, peer), few)).toMatchObject({ accuracy: 0.25 });
  }
  expect(evaluations()).toBe(1 + 5);
  await shared.evaluate(Float32Array.of(0.5, 1), many);
  expect(evaluations()).toBe(7);
});

test('parameters that are changed afterwards are others', async () => {
  const { shared } = computeOf();
  const parameters = Float32Array.of(0.5);
  await shared.evaluate(parameters, few);
  parameters[0] = 0.75;
  expect(await shared.evaluate(parameters, few)).toMatchObject({ accuracy: 0.75 });
});
