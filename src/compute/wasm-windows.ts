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
 * Adds the windows of samples `first` up to `end`, [samples, outHeight, outWidth, filterHeight, filterWidth, channels],
 * to the `images` they were cut from, [batch, height, width, channels].
 */
export function fold(windows: Float32Array, images: Float32Array, first: number, end: number, info: ConvInfo): void {
  const { inChannels, inHeight, inWidth, filterHeight, filterWidth, outHeight, outWidth } = info;
  let at = 0;
  for (let sample = first; sample < end; sample++) {
    for (let y = 0; y < outHeight; y++) {
      for (let x = 0; x < outWidth; x++) {
        const left = x * info.strideWidth - info.padInfo.left;
        const skipped = Math.max(0, -left);
        const width = Math.min(filterWidth, inWidth - left) - skipped;
        for (let i = 0; i < filterHeight; i++) {
          const inY = y * info.strideHeight + i - info.padInfo.top;
          if (inY >= 0 && inY < inHeight) {
            const to = ((sample * inHeight + inY) * inWidth + left + skipped) * inChannels;
            addRun(windows, at + skipped * inChannels, width * inChannels, images, to);
          }
          at += filterWidth * inChannels;
        }
      }
    }
  }
}

function addRun(from: Float32Array, start: number, length: number, into: Float32Array, to: number): void {
  for (let k = 0; k < length; k++) into[to + k] = into[to + k]! + from[start + k]!;
}
