import { BatchMatMul, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import { registered, transposed, type WasmBackend } from './wasm-backend.ts';

/**
 * A matrix product that transposes first where `stock` is slow. The stock ones are fast only where neither operand is
 * transposed (XNNPACK); with a transposed one, as in every gradient of a dense layer, they fall back to a plain loop, a
 * tenth as fast.
 */
export function transposingFirst(stock: KernelFunc): KernelFunc {
  return (args) => {
    const { transposeA, transposeB } = args.attrs as { transposeA: boolean; transposeB: boolean };
    if (!transposeA && !transposeB) return stock(args);
    const backend = args.backend as WasmBackend;
    const operands = args.inputs as { a: TensorInfo; b: TensorInfo };
    const a = transposeA ? withLastTwoExchanged(operands.a, backend) : operands.a;
    const b = transposeB ? withLastTwoExchanged(operands.b, backend) : operands.b;
    const inputs = { ...args.inputs, a, b };
    const result = stock({ inputs, backend, attrs: { ...args.attrs, transposeA: false, transposeB: false } });
    if (transposeA) backend.disposeData(a.dataId);
    if (transposeB) backend.disposeData(b.dataId);
    return result;
  };
}

/**
 * A matrix product that takes `a` times a transposed matrix `b` of more rows as the transpose of `b` times a transposed
 * `a`: the large matrix is neither transposed nor packed. `next` does all other products.
 */
export function turningRound(next: KernelFunc): KernelFunc {
  return (args) => {
    const { transposeA, transposeB } = args.attrs as { transposeA: boolean; transposeB: boolean };
    const { a, b } = args.inputs as { a: TensorInfo; b: TensorInfo };
    const larger = a.shape.length === 2 && b.shape.length === 2 && b.shape[0]! > a.shape[0]!;
    if (transposeA || !transposeB || !larger) return next(args);
    const backend = args.backend as WasmBackend;
    const aTransposed = withLastTwoExchanged(a, backend);
    const turned = product(b, aTransposed, backend);
    const result = withLastTwoExchanged(turned, backend);
    for (const { dataId } of [aTransposed, turned]) backend.disposeData(dataId);
    return result;
  };
}

/** The product of two matrices. `b` is packed for as long as it lives: use it again rather than a copy. */
export function product(a: TensorInfo, b: TensorInfo, backend: WasmBackend): TensorInfo {
  const attrs = { transposeA: false, transposeB: false };
  return registered(BatchMatMul).kernelFunc({ inputs: { a, b }, backend, attrs }) as TensorInfo;
}

function withLastTwoExchanged(x: TensorInfo, backend: WasmBackend): TensorInfo {
  const rank = x.shape.length;
  return transposed(x, [...Array(rank - 2).keys(), rank - 1, rank - 2], backend);
}
