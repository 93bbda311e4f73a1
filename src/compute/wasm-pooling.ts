import { backend_util, type KernelFunc, type MaxPoolGradAttrs, type TensorInfo } from '@tensorflow/tfjs-core';
import type { WasmBackend } from './wasm-backend.ts';

type PoolInfo = backend_util.Conv2DInfo;

/**
 * The gradient of max-pooling: an error goes to the first entry of its window that is as large as the output. The stock
 * one looks through all windows of every input entry, six times as long.
 */
export const maxPoolingGradient: KernelFunc = (args) => {
  const { dy, input, output } = args.inputs as { dy: TensorInfo; input: TensorInfo; output: TensorInfo };
  const backend = args.backend as WasmBackend;
  const info = pooling(input, args.attrs as unknown as MaxPoolGradAttrs);
  const gradient = backend.makeOutput(input.shape, 'float32');
  const errors = backend.typedArrayFromHeap(dy);
  const images = backend.typedArrayFromHeap(input);
  const peaks = backend.typedArrayFromHeap(output);
  const into = backend.typedArrayFromHeap(gradient).fill(0);
  const { inChannels: channels, inWidth } = info;
  const windows = windowsOf(info);
  const line = inWidth * channels;
  let at = 0;
  for (let image = 0; image < images.length; image += line * info.inHeight) {
    for (const { corner, height, width } of windows) {
      const halving = height === 2 && width === 2;
      for (let first = image + corner; first < image + corner + channels; first++, at++) {
        const peak = peaks[at]!;
        const target = halving
          ? firstOfFour(images, peak, first, channels, line)
          : firstOf(images, peak, first, height, width, channels, line);
        into[target] = into[target]! + errors[at]!;
      }
    }
  }
  return gradient;
};

/**
 * The place of the first entry of a window that equals its `peak`, its last one's where none does. Found without a
 * branch: a guess at where the peak is would mostly be wrong.
 */
function firstOf(
  images: Float32Array,
  peak: number,
  first: number,
  height: number,
  width: number,
  channels: number,
  line: number,
): number {
  let target = first;
  let missed = 1;
  for (let i = 0, start = first; i < height; i++, start += line) {
    for (let entry = start; entry < start + width * channels; entry += channels) {
      target += missed * (entry - target);
      missed &= Number(images[entry] !== peak);
    }
  }
  return target;
}

/** The same of a window of two by two, which nearly all are: twice as fast. */
function firstOfFour(images: Float32Array, peak: number, first: number, channels: number, line: number): number {
  const second = Number(images[first] !== peak);
  const third = second & Number(images[first + channels] !== peak);
  const fourth = third & Number(images[first + line] !== peak);
  return first + second * channels + third * (line - channels) + fourth * channels;
}

/**
 * The gradient of average-pooling: an error is spread evenly over its window. As in TensorFlow.js' other backends, a
 * window that reaches over the edge spreads a part there, where it is lost.
 */
export const averagePoolingGradient: KernelFunc = (args) => {
  const { dy, input } = args.inputs as { dy: TensorInfo; input: TensorInfo };
  const backend = args.backend as WasmBackend;
  const info = pooling(input, args.attrs as unknown as MaxPoolGradAttrs);
  const gradient = backend.makeOutput(input.shape, 'float32');
  const errors = backend.typedArrayFromHeap(dy);
  const into = backend.typedArrayFromHeap(gradient).fill(0);
  const { inChannels: channels, inWidth } = info;
  const windows = windowsOf(info);
  const share = 1 / (info.filterHeight * info.filterWidth);
  let at = 0;
  for (let image = 0; image < into.length; image += inWidth * info.inHeight * channels) {
    for (const { corner, height, width } of windows) {
      for (let cell = 0; cell < height * width; cell++) {
        const entry = image + corner + (Math.floor(cell / width) * inWidth + (cell % width)) * channels;
        for (let k = 0; k < channels; k++) into[entry + k] = into[entry + k]! + errors[at + k]! * share;
      }
      at += channels;
    }
  }
  return gradient;
};

function pooling(input: TensorInfo, { filterSize, strides, pad, dimRoundingMode }: MaxPoolGradAttrs): PoolInfo {
  type Shape = [number, number, number, number];
  return backend_util.computePool2DInfo(input.shape as Shape, filterSize, strides, 1, pad, dimRoundingMode);
}

/**
 * The windows of one image, row after row: the index of the first entry of its upper left corner, and the rows and
 * columns that lie inside the image.
 */
function windowsOf(info: PoolInfo): { corner: number; height: number; width: number }[] {
  const { inChannels, inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth } = info;
  return Array.from({ length: outHeight * outWidth }, (_, window) => {
    const above = Math.floor(window / outWidth) * info.strideHeight - info.padInfo.top;
    const before = (window % outWidth) * info.strideWidth - info.padInfo.left;
    const [top, left] = [Math.max(0, above), Math.max(0, before)];
    return {
      corner: (top * inWidth + left) * inChannels,
      height: Math.min(inHeight, above + filterHeight) - top,
      width: Math.min(inWidth, before + filterWidth) - left,
    };
  });
}
