import { getBackend, memory } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Compute } from '../../../src/compute/compute.ts';
import { createCompute, EVALUATION_PIECE } from '../../../src/compute/tensorflow-compute.ts';
import type { Minibatch } from '../../../src/datasets/dataset.ts';
import { initialParameters } from '../../../src/models/initial-parameters.ts';
import { activationNames } from '../../../src/models/layer-kind.ts';
import { outlineOf } from '../../../src/models/outline.ts';
import { topologyOf } from '../../../src/models/zoo.ts';
import { seededRandom } from '../../../src/support/random.ts';
import { presentBackends } from '../../support/backends.ts';

const dense = (units: number, activation = 'linear') => ({ class_name: 'Dense', config: { units, activation } });
const chain = (shape: number[], ...list: object[]) => ({
  class_name: 'Sequential',
  config: { layers: [{ class_name: 'InputLayer', config: { batch_input_shape: [null, ...shape] } }, ...list] },
});
const tiny = chain([4], dense(5, 'tanh'), dense(3));

/** Dense random samples: every kernel entry then has a gradient. */
function randomBatch(count: number, entries: number, classes: number, seed = 1): Minibatch {
  const random = seededRandom(seed);
  return {
    count,
    inputs: Float32Array.from({ length: count * entries }, () => random.uniform()),
    labels: Uint8Array.from({ length: count }, () => random.below(classes)),
  };
}

/** He normal kernels, and biases that are not zero either. */
function randomParameters(compute: Compute, seed = 1): Float32Array {
  const random = seededRandom(seed);
  return initialParameters(compute.layout, random).map((entry) => entry + 0.1 * random.normal());
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** d(loss)/d(parameter) by central differences. */
async function numericGradient(compute: Compute, parameters: Float32Array, batch: Minibatch): Promise<number[]> {
  const step = 2 ** -8;
  const gradient: number[] = [];
  for (let i = 0; i < parameters.length; i++) {
    const above = parameters.slice();
    const below = parameters.slice();
    above[i] = above[i]! + step;
    below[i] = below[i]! - step;
    const rise = (await compute.loss(above, batch)) - (await compute.loss(below, batch));
    gradient.push(rise / (above[i]! - below[i]!));
  }
  return gradient;
}

describe.each(presentBackends)('compute on %s', (backend) => {
  let compute: Compute;
  beforeAll(async () => {
    compute = await createCompute({ topology: tiny, backend });
  });
  afterAll(() => compute.dispose());

  const wrapped = (layer: object) => chain([2, 3], layer, { class_name: 'Flatten', config: {} }, dense(3));
  const convolution = (side: number, config: object) => ({
    class_name: 'Conv2D',
    config: { filters: 2, kernel_size: side, ...config },
  });
  const imaged = (...list: object[]) => chain([4, 5, 2], ...list, { class_name: 'Flatten', config: {} }, dense(3));
  const models: Record<string, unknown> = {
    ...Object.fromEntries(activationNames.map((name) => [`dense ${name}`, chain([4], dense(5, name), dense(3))])),
    ...Object.fromEntries(
      activationNames.map((name) => [
        `activation ${name}`,
        chain([4], dense(4), { class_name: 'Activation', config: { activation: name } }, dense(3)),
      ]),
    ),
    ReLU: chain([4], dense(5), { class_name: 'ReLU', config: { max_value: 1 } }, dense(3)),
    LeakyReLU: chain([4], dense(5), { class_name: 'LeakyReLU', config: { alpha: 0.2 } }, dense(3)),
    ELU: chain([4], dense(5), { class_name: 'ELU', config: { alpha: 1 } }, dense(3)),
    'dense over two dimensions': wrapped(dense(4, 'relu')),
    Reshape: wrapped({ class_name: 'Reshape', config: { target_shape: [3, 2] } }),
    'no bias': chain([4], { class_name: 'Dense', config: { units: 3, use_bias: false } }),
    Conv2D: imaged(convolution(2, {})),
    'Conv2D without bias': imaged(convolution(2, { use_bias: false })),
    'Conv2D relu': imaged(convolution(2, { activation: 'relu' })),
    'Conv2D tanh': imaged(convolution(2, { activation: 'tanh' })),
    'Conv2D with padding and strides': imaged(convolution(3, { padding: 'same', strides: [1, 2] })),
    'Conv2D after Conv2D': imaged(convolution(2, { padding: 'same' }), convolution(3, { padding: 'same' })),
    MaxPooling2D: imaged(convolution(2, { padding: 'same' }), { class_name: 'MaxPooling2D', config: {} }),
    'MaxPooling2D with padding': imaged(convolution(2, {}), {
      class_name: 'MaxPooling2D',
      config: { pool_size: [2, 3], strides: 2, padding: 'same' },
    }),
    AveragePooling2D: imaged(convolution(2, {}), { class_name: 'AveragePooling2D', config: { strides: 1 } }),
    GlobalAveragePooling2D: chain([4, 5, 2], { class_name: 'GlobalAveragePooling2D', config: {} }, dense(3)),
  };
  it.each(Object.entries(models))('differentiates %s', async (_name, topology) => {
    const subject = await createCompute({ topology, backend });
    const parameters = randomParameters(subject);
    const batch = randomBatch(3, sizeOf(outlineOf(topology).inputShape), 3);
    const gradient = new Float32Array(parameters.length);
    const loss = await subject.gradient(parameters, batch, gradient);
    expect(loss).toBeCloseTo(await subject.loss(parameters, batch), 5);
    const expected = await numericGradient(subject, parameters, batch);
    const worst = Math.max(...expected.map((entry, i) => Math.abs(entry - gradient[i]!)));
    expect(worst).toBeLessThan(1e-3);
    expect(Math.max(...gradient.map(Math.abs))).toBeGreaterThan(1e-2);
    subject.dispose();
  });

  it('evaluates as the samples are, piece by piece', async () => {
    const count = EVALUATION_PIECE + 7;
    const samples = randomBatch(count, 4, 3);
    const parameters = randomParameters(compute);
    const whole = await compute.evaluate(parameters, samples);
    let correct = 0;
    let loss = 0;
    for (let i = 0; i < count; i++) {
      const one = { count: 1, inputs: samples.inputs.slice(i * 4, i * 4 + 4), labels: samples.labels.slice(i, i + 1) };
      const { accuracy, loss: own } = await compute.evaluate(parameters, one);
      correct += accuracy;
      loss += own;
    }
    expect(whole.accuracy).toBe(correct / count);
    expect(whole.loss).toBeCloseTo(loss / count, 5);
    expect(correct).toBeGreaterThan(0);
    expect(correct).toBeLessThan(count);
  });

  it('remembers nothing between calls', async () => {
    const [first, second] = [randomParameters(compute, 1), randomParameters(compute, 2)];
    const batch = randomBatch(8, 4, 3);
    const before = new Float32Array(compute.layout.size);
    const between = before.slice();
    const after = before.slice().fill(NaN);
    const loss = await compute.gradient(first, batch, before);
    await compute.gradient(second, randomBatch(5, 4, 3, 9), between);
    await compute.evaluate(second, batch);
    expect(await compute.gradient(first, batch, after)).toBe(loss);
    expect(after).toEqual(before);
    expect(between).not.toEqual(before);
    expect(first).toEqual(randomParameters(compute, 1));
  });

  it('sees parameters that the caller changed in place', async () => {
    const parameters = randomParameters(compute);
    const batch = randomBatch(8, 4, 3);
    const loss = await compute.loss(parameters, batch);
    parameters.fill(0);
    expect(await compute.loss(parameters, batch)).toBeCloseTo(Math.log(3), 6);
    expect(loss).not.toBeCloseTo(Math.log(3), 6);
  });

  it('frees what it takes', async () => {
    const parameters = randomParameters(compute);
    const into = new Float32Array(parameters.length);
    const batch = randomBatch(8, 4, 3);
    const held = memory().numTensors;
    const other = await createCompute({ topology: tiny, backend });
    const built = memory().numTensors;
    for (let step = 0; step < 5; step++) {
      await other.gradient(parameters, batch, into);
      await other.evaluate(parameters, batch);
      expect(memory().numTensors).toBe(built);
    }
    other.dispose();
    expect(memory().numTensors).toBe(held);
    expect(await compute.gradient(parameters, batch, into)).toBeGreaterThan(0);
  });

  it('refuses what does not fit the model', async () => {
    const parameters = randomParameters(compute);
    const batch = randomBatch(8, 4, 3);
    const into = new Float32Array(parameters.length);
    const refused = (field: string) => ({ code: 'CONFIG_INVALID', failure: { field } });
    const short = parameters.slice(1);
    await expect(compute.gradient(short, batch, into)).rejects.toMatchObject(refused('parameters'));
    await expect(compute.evaluate(short, batch)).rejects.toMatchObject(refused('parameters'));
    await expect(compute.gradient(parameters, batch, short)).rejects.toMatchObject(refused('gradient'));
    const broken: [string, Partial<Minibatch>][] = [
      ['batch.count', { count: 0 }],
      ['batch.inputs', { inputs: batch.inputs.slice(1) }],
      ['batch.labels', { labels: batch.labels.slice(1) }],
      ['batch.labels', { labels: batch.labels.slice().fill(3) }],
    ];
    for (const [field, part] of broken) {
      await expect(compute.gradient(parameters, { ...batch, ...part }, into)).rejects.toMatchObject(refused(field));
    }
  });
});

describe('computes on different backends in one process', () => {
  it.each([
    ['lenet-300-100', 16],
    // Of a convolution the oracle takes seconds.
    ['lenet-5', 1],
  ])('agree on %s, also where their calls overlap', async (name, count) => {
    const { topology } = topologyOf(name);
    const computes = await Promise.all(presentBackends.map((backend) => createCompute({ topology, backend })));
    expect(computes.map(({ backend }) => backend)).toEqual(presentBackends);
    const parameters = randomParameters(computes[0]!);
    const batch = randomBatch(count, 784, 10);
    const gradients = computes.map(() => new Float32Array(parameters.length));
    const losses = await Promise.all(computes.map((compute, i) => compute.gradient(parameters, batch, gradients[i]!)));
    // The last is `cpu`, the oracle.
    const oracle = gradients.at(-1)!;
    const peak = oracle.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
    for (const [i, gradient] of gradients.entries()) {
      const apart = oracle.reduce((most, entry, j) => Math.max(most, Math.abs(entry - gradient[j]!)), 0);
      expect(apart / peak).toBeLessThan(1e-5);
      expect(Math.abs(losses[i]! / losses.at(-1)! - 1)).toBeLessThan(1e-5);
    }
    for (const compute of computes) {
      await compute.gradient(parameters, batch, gradients[0]!);
      expect(getBackend()).toBe(compute.backend === 'tensorflow-gpu' ? 'tensorflow' : compute.backend);
      compute.dispose();
    }
  });
});
