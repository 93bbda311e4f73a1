import {
  _FusedMatMul,
  BatchMatMul,
  getKernel,
  type KernelConfig,
  type KernelFunc,
  registerKernel,
  type TensorInfo,
  Transpose,
  unregisterKernel,
} from '@tensorflow/tfjs-core';

const WASM = 'wasm';

/**
 * Puts matrix products of our own before the `wasm` backend's. Theirs are fast only where neither operand is
 * transposed (XNNPACK); with a transposed one, as in every gradient of a dense layer, they fall back to a plain loop,
 * a tenth as fast. Ours transpose first, which costs little, then call theirs.
 */
export function installWasmKernels(): void {
  for (const kernelName of [BatchMatMul, _FusedMatMul]) {
    const stock = registered(kernelName);
    unregisterKernel(kernelName, WASM);
    registerKernel({ ...stock, kernelFunc: transposingFirst(stock.kernelFunc) });
  }
}

function transposingFirst(product: KernelFunc): KernelFunc {
  return (args) => {
    const { transposeA, transposeB } = args.attrs as { transposeA: boolean; transposeB: boolean };
    if (!transposeA && !transposeB) return product(args);
    const backend = args.backend as WasmBackend;
    const operands = args.inputs as { a: TensorInfo; b: TensorInfo };
    const a = transposeA ? transposed(operands.a, backend) : operands.a;
    const b = transposeB ? transposed(operands.b, backend) : operands.b;
    const inputs = { ...args.inputs, a, b };
    const result = product({ inputs, backend, attrs: { ...args.attrs, transposeA: false, transposeB: false } });
    if (transposeA) backend.disposeData(a.dataId);
    if (transposeB) backend.disposeData(b.dataId);
    return result;
  };
}

interface WasmBackend {
  disposeData(dataId: object): boolean;
}

/** A copy of `x` with its last two dimensions exchanged. */
function transposed(x: TensorInfo, backend: WasmBackend): TensorInfo {
  const rank = x.shape.length;
  const perm = [...Array(rank - 2).keys(), rank - 1, rank - 2];
  return registered(Transpose).kernelFunc({ inputs: { x }, backend, attrs: { perm } }) as TensorInfo;
}

function registered(kernelName: string): KernelConfig {
  return getKernel(kernelName, WASM);
}
