import { getKernel, type KernelConfig, type TensorInfo, Transpose } from '@tensorflow/tfjs-core';

export const WASM = 'wasm';

/** What our kernels use of TensorFlow.js' `BackendWasm`. */
export interface WasmBackend {
  /** Takes uninitialised memory for a tensor. Views of the heap taken earlier may be dead afterwards: it can grow. */
  makeOutput(shape: number[], dtype: 'float32'): TensorInfo;
  /** Counts one more tensor of this memory. */
  incRef(dataId: object): void;
  disposeData(dataId: object): boolean;
  /** A float32 tensor's entries in place. */
  typedArrayFromHeap(tensor: TensorInfo): Float32Array;
}

/** The kernel that now stands under this name for the `wasm` backend. */
export function registered(kernelName: string): KernelConfig {
  return getKernel(kernelName, WASM);
}

/** A copy of `x` with its dimensions in the order `perm`. */
export function transposed(x: TensorInfo, perm: number[], backend: WasmBackend): TensorInfo {
  return registered(Transpose).kernelFunc({ inputs: { x }, backend, attrs: { perm } }) as TensorInfo;
}
