import { z } from 'zod';
import {
  entriesOf,
  kernelSettings,
  kernelTensors,
  type LayerKind,
  type LayerOutline,
  MAX_SAMPLE_ENTRIES,
  sideSchema,
} from './layer-kind.ts';

/** Height and width; topologies may give one number for both. */
type Sides = [number, number];
const sidesSchema = z.union(
  [sideSchema.transform((side): Sides => [side, side]), z.tuple([sideSchema, sideSchema])],
  `must be one side, or height and width, of 1 to ${MAX_SAMPLE_ENTRIES}`,
);

const paddingSchema = z.enum(['valid', 'same']).default('valid');
/** Keras and TensorFlow.js spell it differently. */
const formatSchema = z.enum(['channels_last', 'channelsLast'], 'must be channels_last').optional();
const one = z.literal(1);
const undilated = z
  .union([one, z.tuple([one, one])], 'must be 1: TensorFlow.js has no gradient of a dilated convolution')
  .optional();

const convolutionSchema = z.object({
  filters: sideSchema,
  kernel_size: sidesSchema,
  strides: sidesSchema.default([1, 1]),
  padding: paddingSchema,
  data_format: formatSchema,
  dilation_rate: undilated,
  ...kernelSettings,
});

/** A two-dimensional convolution. */
export const convolution: LayerKind = {
  prefix: 'conv2d',
  outline(config, inputShape) {
    const settings = convolutionSchema.parse(config);
    const { filters, kernel_size, strides, padding, activation, use_bias } = settings;
    if (padding === 'same' && strides.some((stride, axis) => stride > kernel_size[axis]!)) {
      throw unusable(
        'strides',
        'must not be larger than the kernel where padding is same: backends pad differently there',
      );
    }
    const [, , channels] = imageOf(inputShape);
    const shape = [...kernel_size, channels, filters];
    const outputShape = [...windowsOf(inputShape, kernel_size, settings), filters];
    return {
      config: { filters, kernel_size, strides, padding, activation, use_bias },
      outputShape,
      // Twice the variance that pooling does not halve, layer after layer, makes a start from which a swarm diverges.
      tensors: kernelTensors({ shape, gain: activation === 'linear' ? 1 : 2 }, use_bias),
      multiplyAdds: entriesOf(outputShape) * entriesOf(kernel_size) * channels,
    };
  },
};

const poolingSchema = z.object({
  pool_size: sidesSchema.default([2, 2]),
  strides: sidesSchema.nullish(),
  padding: paddingSchema,
  data_format: formatSchema,
});

/** The largest entry of each window. */
export const maxPooling: LayerKind = {
  prefix: 'max_pooling2d',
  outline: (config, inputShape) => poolingOutline(config, inputShape),
};

/** The mean of each window. */
export const averagePooling: LayerKind = {
  prefix: 'average_pooling2d',
  outline(config, inputShape) {
    const outline = poolingOutline(config, inputShape);
    const { pool_size, strides } = outline.config as { pool_size: Sides; strides: Sides };
    const reach = pool_size.map((side, axis) => (outline.outputShape[axis]! - 1) * strides[axis]! + side);
    if (reach[0]! > inputShape[0]! || reach[1]! > inputShape[1]!) {
      throw unusable(
        'padding',
        'must be valid where windows reach over the edge: backends differ in the gradient there',
      );
    }
    return outline;
  },
};

/** The mean of each channel. */
export const globalAveragePooling: LayerKind = {
  prefix: 'global_average_pooling2d',
  outline(config, inputShape) {
    z.object({ data_format: formatSchema }).parse(config);
    return { config: {}, outputShape: [imageOf(inputShape)[2]], tensors: [] };
  },
};

function poolingOutline(config: unknown, inputShape: readonly number[]): LayerOutline {
  const settings = poolingSchema.parse(config);
  const { pool_size, padding } = settings;
  const strides = settings.strides ?? pool_size;
  const [, , channels] = imageOf(inputShape);
  const outputShape = [...windowsOf(inputShape, pool_size, { strides, padding }), channels];
  return { config: { pool_size, strides, padding }, outputShape, tensors: [] };
}

/** How many windows there are, in rows and columns. */
function windowsOf(
  inputShape: readonly number[],
  size: Sides,
  { strides, padding }: { strides: Sides; padding: 'valid' | 'same' },
): number[] {
  return size.map((side, axis) => {
    const corners = padding === 'same' ? inputShape[axis]! : inputShape[axis]! - side + 1;
    if (corners < 1)
      throw unusable('padding', `must be same where a window of ${size.join('x')} is larger than the image`);
    return Math.ceil(corners / strides[axis]!);
  });
}

function imageOf(shape: readonly number[]): [height: number, width: number, channels: number] {
  if (shape.length === 3) return [shape[0]!, shape[1]!, shape[2]!];
  throw unusable('input', `has the shape [${shape}] and must be images, [height, width, channels]`);
}

function unusable(field: string, message: string): z.ZodError {
  return new z.ZodError([{ code: 'custom', path: [field], message, input: undefined }]);
}
