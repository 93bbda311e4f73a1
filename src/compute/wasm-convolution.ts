import {
  backend_util,
  Conv2D,
  type Conv2DBackpropFilterAttrs,
  type Conv2DBackpropInputAttrs,
  type KernelFunc,
  Reverse,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { registered, transposed, type WasmBackend } from './wasm-backend.ts';
import { product } from './wasm-products.ts';
import { type ConvInfo, fold, unfoldRows } from './wasm-windows.ts';

/**
 * Entries of unfolded windows held at once, 4 MiB: a wide layer does not take its windows times its batch of memory. Larger
 * parts are no faster, those of a sixteenth are slower.
 */
const UNFOLDED_ENTRIES = 2 ** 20;

/** The same of windows that are to be folded, 1 MiB: they are then still in the processor's cache. */
const FOLDED_ENTRIES = 2 ** 18;

/**
 * An input gradient is taken by convolution up to this many windows for each of the product's: with 3x3 filters it is
 * then twice as fast (nothing is folded), with 5x5 filters and no padding on 12x12, where it is 2.25, slower by half.
 */
const MOST_EXTRA_WINDOWS = 1.5;

/**
 * The gradient of a convolution's filter, [filterHeight, filterWidth, inChannels, outChannels], which the stock backend
 * lacks. The windows are unfolded with the batch innermost, so that a whole row of them is one run of memory, and
 * multiplied with `dy` (im2col; Chellapilla et al., 2006, section 3).
 */
export const filterGradient: KernelFunc = (args) => {
  const { x, dy } = args.inputs as { x: TensorInfo; dy: TensorInfo };
  const attrs = args.attrs as unknown as Conv2DBackpropFilterAttrs;
  const backend = args.backend as WasmBackend;
  const info = convolution(x.shape, attrs.filterShape, attrs);
  const images = transposed(x, [3, 1, 2, 0], backend);
  const errors = transposed(dy, [1, 2, 0, 3], backend);
  const windows = info.outHeight * info.outWidth * info.batchSize;
  const errorMatrix = { ...errors, shape: [windows, info.outChannels] };
  const gradient = backend.makeOutput(attrs.filterShape, 'float32');
  const rows = info.filterHeight * info.filterWidth * info.inChannels;
  for (const [from, to] of parts(rows, windows, UNFOLDED_ENTRIES)) {
    const unfolded = backend.makeOutput([to - from, windows], 'float32');
    unfoldRows(images, unfolded, from, info, backend);
    const part = product(unfolded, errorMatrix, backend);
    backend.typedArrayFromHeap(gradient).set(backend.typedArrayFromHeap(part), from * info.outChannels);
    for (const { dataId } of [unfolded, part]) backend.disposeData(dataId);
  }
  for (const { dataId } of [images, errors]) backend.disposeData(dataId);
  return gradient;
};

/**
 * The gradient of a convolution's input, [batch, height, width, inChannels]. The stock one is a plain loop, a sixteenth
 * as fast.
 */
export const inputGradient: KernelFunc = (args) => {
  const { dy, filter } = args.inputs as { dy: TensorInfo; filter: TensorInfo };
  const attrs = args.attrs as unknown as Conv2DBackpropInputAttrs;
  const backend = args.backend as WasmBackend;
  const info = convolution(attrs.inputShape, filter.shape, attrs);
  const { top, bottom, left, right } = info.padInfo;
  const dense = info.strideHeight === 1 && info.strideWidth === 1;
  const overlapping = Math.max(top, bottom) < info.filterHeight && Math.max(left, right) < info.filterWidth;
  // The convolution has a window for every entry of the input, those of the product are as many as those of the output.
  const extra = (info.inHeight * info.inWidth) / (info.outHeight * info.outWidth);
  return dense && overlapping && extra <= MOST_EXTRA_WINDOWS
    ? convolvedWithTurnedFilter(dy, filter, info, backend)
    : foldedProduct(dy, filter, info, backend);
};

/** A convolution of `dy`, padded, with the filter turned by half a circle and its channels exchanged. */
function convolvedWithTurnedFilter(
  dy: TensorInfo,
  filter: TensorInfo,
  { filterHeight, filterWidth, padInfo, inHeight, inWidth, outHeight, outWidth }: ConvInfo,
  backend: WasmBackend,
): TensorInfo {
  const exchanged = transposed(filter, [0, 1, 3, 2], backend);
  const turned = registered(Reverse).kernelFunc({ inputs: { x: exchanged }, backend, attrs: { dims: [0, 1] } });
  const [above, before] = [filterHeight - 1 - padInfo.top, filterWidth - 1 - padInfo.left];
  const pad = [
    [0, 0],
    [above, inHeight + filterHeight - 1 - outHeight - above],
    [before, inWidth + filterWidth - 1 - outWidth - before],
    [0, 0],
  ];
  const attrs = { strides: 1, pad, dataFormat: 'NHWC', dilations: 1 };
  const inputs = { x: dy, filter: turned as TensorInfo };
  const gradient = registered(Conv2D).kernelFunc({ inputs, backend, attrs }) as TensorInfo;
  for (const { dataId } of [exchanged, turned as TensorInfo]) backend.disposeData(dataId);
  return gradient;
}

/** The product of `dy` and the transposed filter, folded back into images (col2im). */
function foldedProduct(dy: TensorInfo, filter: TensorInfo, info: ConvInfo, backend: WasmBackend): TensorInfo {
  const columns = info.filterHeight * info.filterWidth * info.inChannels;
  const filterMatrix = transposed({ ...filter, shape: [columns, info.outChannels] }, [1, 0], backend);
  const windows = info.outHeight * info.outWidth;
  const gradient = backend.makeOutput(info.inShape, 'float32');
  for (const [from, to] of parts(info.batchSize, windows * columns, FOLDED_ENTRIES)) {
    const errors = backend.makeOutput([(to - from) * windows, info.outChannels], 'float32');
    const errorSize = windows * info.outChannels;
    const ofPart = backend.typedArrayFromHeap(dy).subarray(from * errorSize, to * errorSize);
    backend.typedArrayFromHeap(errors).set(ofPart);
    const unfolded = product(errors, filterMatrix, backend);
    fold(backend.typedArrayFromHeap(unfolded), backend.typedArrayFromHeap(gradient), from, to, info);
    for (const { dataId } of [errors, unfolded]) backend.disposeData(dataId);
  }
  backend.disposeData(filterMatrix.dataId);
  return gradient;
}

function convolution(
  inputShape: number[],
  filterShape: number[],
  { strides, pad, dataFormat, dimRoundingMode }: Omit<Conv2DBackpropFilterAttrs, 'filterShape'>,
): ConvInfo {
  util.assert(dataFormat === 'NHWC', () => `gradients of convolutions take NHWC, not ${dataFormat}`);
  type Shape = [number, number, number, number];
  return backend_util.computeConv2DInfo(inputShape as Shape, filterShape as Shape, strides, 1, pad, dimRoundingMode);
}

/** Cuts `count` things of `entries` entries each into ranges of at most `limit`, or of one. */
function* parts(count: number, entries: number, limit: number): Generator<[from: number, to: number]> {
  const most = Math.max(1, Math.floor(limit / entries));
  for (let from = 0; from < count; from += most) yield [from, Math.min(from + most, count)];
}
