import { type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { WasmBackend } from './wasm-backend.ts';

/**
 * A sum that adds rows where all dimensions but the last are summed, as in every gradient of a bias. `stock` transposes
 * first, two to three times as long; it does all other sums.
 */
export function addingRows(stock: KernelFunc): KernelFunc {
  return (args) => {
    const { x } = args.inputs as { x: TensorInfo };
    const { axis, keepDims } = args.attrs as { axis: number | number[]; keepDims: boolean };
    const axes = util.parseAxisParam(axis, x.shape);
    const last = x.shape.length - 1;
    const leading = last > 0 && axes.length === last && !axes.includes(last);
    if (!leading || keepDims || x.dtype !== 'float32') return stock(args);
    const backend = args.backend as WasmBackend;
    const columns = x.shape[last]!;
    const sums = new Float64Array(columns);
    addRows(backend.typedArrayFromHeap(x), sums);
    const result = backend.makeOutput([columns], 'float32');
    backend.typedArrayFromHeap(result).set(sums);
    return result;
  };
}

/** Adds the rows of a matrix to `sums`, four at a time: a sum is then fetched and put back a quarter as often. */
function addRows(entries: Float32Array, sums: Float64Array): void {
  const columns = sums.length;
  const even = entries.length - (entries.length % (4 * columns));
  for (let row = 0; row < even; row += 4 * columns) {
    for (let column = 0; column < columns; column++) {
      const at = row + column;
      const first = entries[at]! + entries[at + columns]!;
      sums[column] = sums[column]! + first + entries[at + 2 * columns]! + entries[at + 3 * columns]!;
    }
  }
  for (let at = even; at < entries.length; at++) sums[at % columns] = sums[at % columns]! + entries[at]!;
}
