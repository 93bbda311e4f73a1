import type { backend_util, TensorInfo } from '@tensorflow/tfjs-core';
import type { WasmBackend } from './wasm-backend.ts';

/** Shapes, strides and padding of a convolution. */
export type ConvInfo = backend_util.Conv2DInfo;

/**
 * Writes the rows from `first` on of the windows' matrix over `unfolded`, [rows, outHeight * outWidth * batch]. Row
 * (i, j, channel) holds what filter entry (i, j) meets in that channel of `images`, [channels, height, width, batch].
 */
export function unfoldRows(
  images: TensorInfo,
  unfolded: TensorInfo,
  first: number,
  info: ConvInfo,
  backend: WasmBackend,
): void {
  const { batchSize, inChannels, inHeight, inWidth, filterWidth, outHeight, outWidth } = info;
  const from = backend.typedArrayFromHeap(images);
  const into = backend.typedArrayFromHeap(unfolded);
  // One view of the whole heap, so that runs are copied without a view of each.
  const heap = new Float32Array(into.buffer);
  const source = from.byteOffset / 4;
  let at = into.byteOffset / 4;
  for (let row = first; row < first + unfolded.shape[0]!; row++) {
    const channel = row % inChannels;
    const j = Math.floor(row / inChannels) % filterWidth;
    const i = Math.floor(row / inChannels / filterWidth);
    for (let y = 0; y < outHeight; y++) {
      const inY = y * info.strideHeight + i - info.padInfo.top;
      const line = source + (channel * inHeight + inY) * inWidth * batchSize;
      if (inY < 0 || inY >= inHeight) {
        heap.fill(0, at, at + outWidth * batchSize);
        at += outWidth * batchSize;
        continue;
      }
      const [start, end] = inside(j, info);
      heap.fill(0, at, at + start * batchSize);
      const run = info.strideWidth === 1 ? end - start : 1;
      for (let x = start; x < end; x += run) {
        const begin = line + (x * info.strideWidth + j - info.padInfo.left) * batchSize;
        heap.copyWithin(at + x * batchSize, begin, begin + run * batchSize);
      }
      heap.fill(0, at + end * batchSize, at + outWidth * batchSize);
      at += outWidth * batchSize;
    }
  }
}

/** The columns of the output, from and up to, whose windows have their column `j` inside the image. */
function inside(j: number, { padInfo, strideWidth, inWidth, outWidth }: ConvInfo): [number, number] {
  const start = Math.min(outWidth, Math.max(0, Math.ceil((padInfo.left - j) / strideWidth)));
  const end = Math.min(outWidth, Math.floor((inWidth - 1 + padInfo.left - j) / strideWidth) + 1);
  return [start, Math.max(start, end)];
}

/**
 * Writes samples `first` up to `end` of the `images`, [batch, height, width, channels]: each entry is the sum of what the
 * `windows`, [samples, outHeight, outWidth, filterHeight, filterWidth, channels], hold of it.
 */
export function fold(windows: Float32Array, images: Float32Array, first: number, end: number, info: ConvInfo): void {
  const { inChannels, inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth, padInfo } = info;
  const line = filterWidth * inChannels;
  const window = filterHeight * line;
  const rows = covering(inHeight, filterHeight, info.strideHeight, padInfo.top, outHeight);
  const columns = covering(inWidth, filterWidth, info.strideWidth, padInfo.left, outWidth);
  // From an entry in a window to the same entry in the window below, and in the one to the right.
  const below = outWidth * window - info.strideHeight * line;
  const right = window - info.strideWidth * inChannels;
  let to = first * inHeight * inWidth * inChannels;
  for (let sample = 0; sample < end - first; sample++) {
    for (const row of rows) {
      const top = (sample * outHeight + row.window) * outWidth * window + row.entry * line;
      for (const column of columns) {
        const at = top + column.window * window + column.entry * inChannels;
        addCovering(windows, at, row.count, below, column.count, right, images, to, inChannels);
        to += inChannels;
      }
    }
  }
}

/** For each row (or column) of an image the first row of windows that covers it, where in these it is, and how many do. */
function covering(
  length: number,
  filterLength: number,
  stride: number,
  padding: number,
  windows: number,
): { window: number; entry: number; count: number }[] {
  return Array.from({ length }, (_, position) => {
    const padded = position + padding;
    const window = Math.max(0, Math.ceil((padded - filterLength + 1) / stride));
    const count = Math.max(0, Math.min(windows, Math.floor(padded / stride) + 1) - window);
    return { window, entry: padded - window * stride, count };
  });
}

/**
 * Writes the sums of `rows` times `columns` runs of `length` entries. The entries are taken four at a time, which is
 * twice as fast as one.
 */
function addCovering(
  from: Float32Array,
  start: number,
  rows: number,
  below: number,
  columns: number,
  right: number,
  into: Float32Array,
  to: number,
  length: number,
): void {
  const even = length - (length % 4);
  for (let k = 0; k < even; k += 4) {
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let row = 0, line = start + k; row < rows; row++, line += below) {
      for (let column = 0, at = line; column < columns; column++, at += right) {
        a += from[at]!;
        b += from[at + 1]!;
        c += from[at + 2]!;
        d += from[at + 3]!;
      }
    }
    into[to + k] = a;
    into[to + k + 1] = b;
    into[to + k + 2] = c;
    into[to + k + 3] = d;
  }
  for (let k = even; k < length; k++) {
    let sum = 0;
    for (let row = 0, line = start + k; row < rows; row++, line += below) {
      for (let column = 0, at = line; column < columns; column++, at += right) sum += from[at]!;
    }
    into[to + k] = sum;
  }
}
