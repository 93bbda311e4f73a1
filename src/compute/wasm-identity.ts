import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import type { WasmBackend } from './wasm-backend.ts';

/**
 * A tensor of the same memory, which lives as long as either does: nothing writes into a tensor once it is made. The
 * stock one copies, all activations and weights that a gradient is to see again among them.
 */
export const sharing: KernelFunc = (args) => {
  const { x } = args.inputs as { x: TensorInfo };
  (args.backend as WasmBackend).incRef(x.dataId);
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
};
