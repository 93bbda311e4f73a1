/**
 * What our compute saves over stock TensorFlow.js on the `wasm` backend, a training step at a time: parameters in,
 * loss and gradient out. Stock and ours alternate in one run; prints medians in milliseconds and their ratio.
 * Run with `npx tsx test/bench/gradient.ts`.
 */
import '@tensorflow/tfjs-backend-wasm';
import {
  _FusedMatMul,
  BatchMatMul,
  getKernel,
  type KernelConfig,
  losses,
  oneHot,
  registerKernel,
  type Scalar,
  type Tensor,
  tensor,
  tidy,
  unregisterKernel,
  type Variable,
  variableGrads,
} from '@tensorflow/tfjs-core';
import type { Compute } from '../../src/compute/compute.ts';
import { createCompute } from '../../src/compute/tensorflow-compute.ts';
import type { Minibatch } from '../../src/datasets/dataset.ts';
import { buildModel } from '../../src/models/build-model.ts';
import { initialParameters } from '../../src/models/initial-parameters.ts';
import { topologyOf } from '../../src/models/zoo.ts';
import { seededRandom } from '../../src/support/random.ts';

const WARM_UP_STEPS = 10;
const STEPS = 100;

type Step = (parameters: Float32Array, batch: Minibatch, into: Float32Array) => Promise<number>;

/** A step as TensorFlow.js' own documentation would write it. */
async function stockStep({ layout }: Compute, topology: unknown): Promise<Step> {
  const model = await buildModel(topology);
  const variables = model.trainableWeights.map((weight) => weight.read() as Variable);
  return async (parameters, batch, into) =>
    tidy(() => {
      layout.tensors.forEach(({ offset, size, shape }, i) => {
        variables[i]!.assign(tensor(parameters.slice(offset, offset + size), [...shape]));
      });
      const inputs = tensor(batch.inputs, [batch.count, 784]);
      const labels = oneHot(Int32Array.from(batch.labels), 10);
      const { value, grads } = variableGrads(
        () => losses.softmaxCrossEntropy(labels, model.apply(inputs, { training: true }) as Tensor) as Scalar,
        variables,
      );
      layout.tensors.forEach(({ offset }, i) => {
        into.set(grads[variables[i]!.name]!.dataSync<'float32'>(), offset);
      });
      return value.dataSync()[0]!;
    });
}

function productKernels(): KernelConfig[] {
  return [BatchMatMul, _FusedMatMul].map((name) => getKernel(name, 'wasm'));
}

function useKernels(kernels: KernelConfig[]): void {
  for (const kernel of kernels) {
    unregisterKernel(kernel.kernelName, kernel.backendName);
    registerKernel(kernel);
  }
}

function median(timesMs: number[]): number {
  return timesMs.sort((a, b) => a - b)[timesMs.length >> 1]!;
}

async function compare(name: string, count: number): Promise<void> {
  const { topology } = topologyOf(name);
  const compute = await createCompute({ topology, backend: 'wasm' });
  const random = seededRandom(1);
  const parameters = initialParameters(compute.layout, random);
  const batch: Minibatch = {
    count,
    inputs: Float32Array.from({ length: count * 784 }, () => random.uniform()),
    labels: Uint8Array.from({ length: count }, () => random.below(10)),
  };
  const contestants = [
    { kernels: stockKernels, step: await stockStep(compute, topology), timesMs: [] as number[] },
    { kernels: ourKernels, step: compute.gradient.bind(compute) as Step, timesMs: [] as number[] },
  ];
  const into = new Float32Array(parameters.length);
  for (let round = 0; round < WARM_UP_STEPS + STEPS; round++) {
    for (const { kernels, step, timesMs } of contestants) {
      useKernels(kernels);
      const start = performance.now();
      await step(parameters, batch, into);
      if (round >= WARM_UP_STEPS) timesMs.push(performance.now() - start);
    }
  }
  const [stockMs, oursMs] = contestants.map(({ timesMs }) => median(timesMs)) as [number, number];
  console.log(
    `${name} batch ${count}: stock ${stockMs.toFixed(2)} ms, ours ${oursMs.toFixed(2)} ms, ratio ${(stockMs / oursMs).toFixed(2)}`,
  );
  compute.dispose();
}

const stockKernels = productKernels();
(await createCompute({ topology: topologyOf('mlp-100').topology, backend: 'wasm' })).dispose();
const ourKernels = productKernels();
await compare('lenet-300-100', 64);
await compare('mlp-100', 32);
