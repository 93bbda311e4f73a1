/**
 * What our compute saves over stock TensorFlow.js on the `wasm` backend, a training step at a time: parameters in, loss
 * and gradient out. Stock and ours take turns, the kernels being swapped between them, and the figure is the median over
 * the turns of the ratio. Of dense networks only: stock TensorFlow.js cannot train a convolution on this backend.
 */
import '@tensorflow/tfjs-backend-wasm';
import {
  _FusedMatMul,
  BatchMatMul,
  getKernel,
  Identity,
  type KernelConfig,
  losses,
  oneHot,
  registerKernel,
  type Scalar,
  Sum,
  type Tensor,
  tensor,
  tidy,
  unregisterKernel,
  type Variable,
  variableGrads,
} from '@tensorflow/tfjs-core';
import type { Compute } from '../../src/compute/compute.ts';
import { createCompute } from '../../src/compute/tensorflow-compute.ts';
import { buildModel } from '../../src/models/build-model.ts';
import { outlineOf } from '../../src/models/outline.ts';
import { topologyOf } from '../../src/models/zoo.ts';
import type { Row } from './report.ts';
import { compareSteps, type Step } from './steps.ts';

export async function stockRows(): Promise<Row[]> {
  const stock = denseKernels();
  (await createCompute({ topology: topologyOf('mlp-100').topology, backend: 'wasm' })).dispose();
  const kernels = { stock, ours: denseKernels() };
  const row = await stockRow('lenet-300-100', 64, kernels);
  return [{ ...row, figure: 'wasmStockOverOurs', atLeast: 2.5 }, await stockRow('mlp-100', 32, kernels)];
}

async function stockRow(
  name: string,
  batch: number,
  kernels: { stock: KernelConfig[]; ours: KernelConfig[] },
): Promise<Row> {
  const { topology } = topologyOf(name);
  const compute = await createCompute({ topology, backend: 'wasm' });
  const stock = { step: await stockStep(compute, topology), prepare: () => useKernels(kernels.stock) };
  const ours = { step: compute.gradient.bind(compute), prepare: () => useKernels(kernels.ours) };
  const { oneMs, otherMs, oneOverOther } = await compareSteps(topology, [stock, ours], { batch, rounds: 200 });
  compute.dispose();
  return {
    figure: null,
    what: `gradient of ${name}, batch ${batch}: stock over ours`,
    ratio: oneOverOther,
    measured: `stock ${oneMs.toFixed(2)} ms, ours ${otherMs.toFixed(2)} ms`,
  };
}

/** A step as TensorFlow.js' own documentation would write it. */
async function stockStep({ layout }: Compute, topology: unknown): Promise<Step> {
  const model = await buildModel(topology);
  const variables = model.trainableWeights.map((weight) => weight.read() as Variable);
  return async (parameters, batch, into) =>
    tidy(() => {
      layout.tensors.forEach(({ offset, size, shape }, i) => {
        variables[i]!.assign(tensor(parameters.slice(offset, offset + size), [...shape]));
      });
      const inputs = tensor(batch.inputs, [batch.count, ...outlineOf(topology).inputShape]);
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

/** Those of ours that a network of dense layers uses. */
function denseKernels(): KernelConfig[] {
  return [BatchMatMul, _FusedMatMul, Identity, Sum].map((name) => getKernel(name, 'wasm'));
}

function useKernels(kernels: readonly KernelConfig[]): void {
  for (const kernel of kernels) {
    unregisterKernel(kernel.kernelName, kernel.backendName);
    registerKernel(kernel);
  }
}
