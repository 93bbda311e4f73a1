import { z } from 'zod';

/** Activations whose gradients every backend has. A last softmax is taken away before this list is asked. */
export const activationNames = [
  'linear',
  'relu',
  'relu6',
  'elu',
  'selu',
  'sigmoid',
  'tanh',
  'softplus',
  'swish',
] as const;

/**
 * Entries of one sample at any layer: with a minibatch of 64 it is 16 MiB, of which a step holds several.
 * Far above what a dense network uses, far below what would exhaust a small machine.
 */
export const MAX_SAMPLE_ENTRIES = 65_536;

/** What one layer makes of its input. Shapes are those of a single sample, without the batch dimension. */
export interface LayerOutline {
  /** The settings that matter, and no others. */
  readonly config: Record<string, unknown>;
  readonly outputShape: readonly number[];
  /** The layer's trainable tensors, named within the layer, in TensorFlow.js' order. */
  readonly tensors: readonly { name: string; shape: readonly number[] }[];
}

/** A class of layers that can be trained here. */
export interface LayerKind {
  /** Layers are renamed `prefix_1`, `prefix_2`, ... in the order of the model. */
  readonly prefix: string;
  /** Throws a `ZodError` where the settings are not usable. */
  outline(config: unknown, inputShape: readonly number[]): LayerOutline;
}

const side = z.int().positive().max(MAX_SAMPLE_ENTRIES);
const slope = z.number().min(0).max(100);
const activation = z.enum(activationNames);
// What would act on parameters or loss beside the run's own rules: refused, rather than left out in silence.
const absent = z.null('is not supported: weight decay and bounds belong to the run, not to a layer').optional();
const trainable = z.literal(true, 'must be true: every parameter is trained').optional();

export const shapeSchema = z
  .array(side)
  .min(1)
  .max(8)
  .refine((shape) => entriesOf(shape) <= MAX_SAMPLE_ENTRIES, `must hold at most ${MAX_SAMPLE_ENTRIES} entries`);

export function entriesOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

const denseSchema = z.object({
  units: side,
  activation: activation.default('linear'),
  use_bias: z.boolean().default(true),
  kernel_regularizer: absent,
  bias_regularizer: absent,
  activity_regularizer: absent,
  kernel_constraint: absent,
  bias_constraint: absent,
  trainable,
});

const dense: LayerKind = {
  prefix: 'dense',
  outline(config, inputShape) {
    const { units, activation, use_bias } = denseSchema.parse(config);
    const kernel = { name: 'kernel', shape: [inputShape.at(-1)!, units] };
    return {
      config: { units, activation, use_bias },
      outputShape: [...inputShape.slice(0, -1), units],
      tensors: use_bias ? [kernel, { name: 'bias', shape: [units] }] : [kernel],
    };
  },
};

const flatten: LayerKind = {
  prefix: 'flatten',
  outline: (_config, inputShape) => ({ config: {}, outputShape: [entriesOf(inputShape)], tensors: [] }),
};

const reshape: LayerKind = {
  prefix: 'reshape',
  outline(config, inputShape) {
    const entries = entriesOf(inputShape);
    const { target_shape } = z
      .object({
        target_shape: shapeSchema.refine((shape) => entriesOf(shape) === entries, `must hold ${entries} entries`),
      })
      .parse(config);
    return { config: { target_shape }, outputShape: target_shape, tensors: [] };
  },
};

/** A layer that works entry by entry. */
function elementwise(prefix: string, schema: z.ZodType<Record<string, unknown>>): LayerKind {
  return {
    prefix,
    outline: (config, inputShape) => ({ config: schema.parse(config), outputShape: inputShape, tensors: [] }),
  };
}

/** Layers known to train on every backend, by their class name in a topology. */
export const layerKinds: ReadonlyMap<string, LayerKind> = new Map([
  ['Dense', dense],
  ['Flatten', flatten],
  ['Reshape', reshape],
  ['Activation', elementwise('activation', z.object({ activation }))],
  ['ReLU', elementwise('relu', z.object({ max_value: z.number().positive().max(1e6).nullable().default(null) }))],
  ['LeakyReLU', elementwise('leaky_relu', z.object({ alpha: slope.default(0.3) }))],
  // TensorFlow.js has no other ELU than alpha = 1.
  ['ELU', elementwise('elu', z.object({ alpha: z.literal(1).default(1) }))],
]);
