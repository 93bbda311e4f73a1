import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensorflowFolder } from '../../peer/machine/tensorflow-home.ts';
import type { BackendName, Compute } from '../../src/compute/compute.ts';
import { GRADIENT_TOLERANCE, gradientError } from '../../src/compute/gradient-check.ts';
import { createCompute } from '../../src/compute/tensorflow-compute.ts';
import type { Minibatch } from '../../src/datasets/dataset.ts';
import { initialParameters } from '../../src/models/initial-parameters.ts';
import { activationNames } from '../../src/models/layer-kind.ts';
import { seededRandom } from '../../src/support/random.ts';
import { presentBackends } from '../support/backends.ts';

/** A network of two dense layers and a minibatch for it. */
const problems = fc.record({
  inputs: fc.integer({ min: 1, max: 40 }),
  units: fc.integer({ min: 1, max: 40 }),
  classes: fc.integer({ min: 2, max: 12 }),
  activation: fc.constantFrom(...activationNames),
  count: fc.integer({ min: 1, max: 33 }),
  seed: fc.nat(),
});
type Problem = typeof problems extends fc.Arbitrary<infer T> ? T : never;

const dense = (units: number, activation: string) => ({ class_name: 'Dense', config: { units, activation } });

function topologyOf({ inputs, units, classes, activation }: Problem) {
  const input = { class_name: 'InputLayer', config: { batch_input_shape: [null, inputs] } };
  return {
    class_name: 'Sequential',
    config: { layers: [input, dense(units, activation), dense(classes, 'linear')] },
  };
}

function batchOf({ inputs, classes, count, seed }: Problem): Minibatch {
  const random = seededRandom(seed);
  return {
    count,
    inputs: Float32Array.from({ length: count * inputs }, () => random.normal()),
    labels: Uint8Array.from({ length: count }, () => random.below(classes)),
  };
}

interface Answers {
  readonly losses: readonly number[];
  readonly accuracy: number;
  readonly gradient: Float32Array;
}

async function ask(compute: Compute, parameters: Float32Array, batch: Minibatch): Promise<Answers> {
  const gradient = new Float32Array(parameters.length);
  const loss = await compute.gradient(parameters, batch, gradient);
  const evaluation = await compute.evaluate(parameters, batch);
  return { losses: [loss, await compute.loss(parameters, batch), evaluation.loss], ...evaluation, gradient };
}

// What holds for one backend alone is in test/src/compute/tensorflow-compute.test.ts, for the same ones.
describe.each(presentBackends)('compute on %s', (backend) => {
  it('has the gradient of the oracle', async () => {
    expect(await gradientError(backend)).toBeLessThan(GRADIENT_TOLERANCE);
  });

  it('answers as the oracle does, both at work on networks of their own', async () => {
    await fc.assert(
      fc.asyncProperty(problems, async (problem) => {
        const topology = topologyOf(problem);
        const computes = await Promise.all(
          [backend, 'cpu' as const].map((name) => createCompute({ topology, backend: name })),
        );
        const parameters = initialParameters(computes[0]!.layout, seededRandom(problem.seed));
        const batch = batchOf(problem);
        const [ours, oracle] = (await Promise.all(computes.map((each) => ask(each, parameters, batch)))) as [
          Answers,
          Answers,
        ];
        ours.losses.forEach((loss, i) => expect(loss).toBeCloseTo(oracle.losses[i]!, 4));
        // Two outputs that are nearly equal may change places.
        expect(Math.abs(ours.accuracy - oracle.accuracy) * batch.count).toBeLessThanOrEqual(1);
        const peak = Math.max(1e-3, ...oracle.gradient.map(Math.abs));
        oracle.gradient.forEach((entry, i) => {
          expect(Math.abs(ours.gradient[i]! - entry) / peak).toBeLessThan(1e-4);
        });
        for (const compute of computes) compute.dispose();
      }),
      { numRuns: 30 },
    );
  });

  it('works in worker threads that start together, with the same bits in each', async () => {
    const workers = [startWorker(backend), startWorker(backend)];
    const results = await Promise.all(workers.map((worker) => once(worker, 'message')));
    const [[first], [second]] = results as [[Result], [Result]];
    expect(first.backend).toBe(backend);
    expect(first.gradient.some((entry) => entry !== 0)).toBe(true);
    expect(second).toEqual(first);
    await Promise.all(workers.map((worker) => worker.terminate()));
  });
});

interface Result {
  readonly backend: string;
  readonly gradient: Float32Array;
}

/** The thread starts in plain JavaScript, and there turns TypeScript on. */
function startWorker(backend: BackendName): Worker {
  const body = new URL('./gradient-worker.ts', import.meta.url).href;
  const workerData = { backend, tensorflowFolder: tensorflowFolder() };
  return new Worker(`import('tsx/esm/api').then(({ tsImport }) => tsImport('${body}', '${body}'))`, {
    eval: true,
    workerData,
  });
}
