import {
  _FusedMatMul,
  AvgPoolGrad,
  BatchMatMul,
  Conv2DBackpropFilter,
  Conv2DBackpropInput,
  getKernel,
  Identity,
  type KernelFunc,
  MaxPoolGrad,
  registerKernel,
  Sum,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import { registered, WASM } from './wasm-backend.ts';
import { filterGradient, inputGradient } from './wasm-convolution.ts';
import { sharing } from './wasm-identity.ts';
import { averagePoolingGradient, maxPoolingGradient } from './wasm-pooling.ts';
import { transposingFirst, turningRound } from './wasm-products.ts';
import { addingRows } from './wasm-sum.ts';

/** Kernels of ours by name: some stand before the stock one, which they are given, the others in its place. */
const before: readonly [string, (stock: KernelFunc) => KernelFunc][] = [
  [BatchMatMul, (stock) => turningRound(transposingFirst(stock))],
  [_FusedMatMul, transposingFirst],
  [Sum, addingRows],
];
const instead: readonly [string, KernelFunc][] = [
  [Conv2DBackpropFilter, filterGradient],
  [Conv2DBackpropInput, inputGradient],
  [MaxPoolGrad, maxPoolingGradient],
  [AvgPoolGrad, averagePoolingGradient],
  [Identity, sharing],
];

/** Registers what the `wasm` backend lacks or does slowly of a training step. To be called once, before it starts. */
export function installWasmKernels(): void {
  for (const [kernelName, kernelBefore] of before) {
    const stock = registered(kernelName);
    unregisterKernel(kernelName, WASM);
    registerKernel({ ...stock, kernelFunc: kernelBefore(stock.kernelFunc) });
  }
  for (const [kernelName, kernelFunc] of instead) {
    if (getKernel(kernelName, WASM)) unregisterKernel(kernelName, WASM);
    registerKernel({ kernelName, backendName: WASM, kernelFunc });
  }
}
