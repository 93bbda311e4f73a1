import { z } from 'zod';
import type { TensorOutline } from './layout.ts';

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
 * Four times what a small network for 32x32 images uses, far below what would exhaust a small machine.
 */
export const MAX_SAMPLE_ENTRIES = 65_536;

/** What one layer makes of its input. Shapes are those of a single sample, without the batch dimension. */
export interface LayerOutline {
  /** The settings that matter, and no others. */
  readonly config: Record<string, unknown>;
  readonly outputShape: readonly number[];
  /** The layer's trainable tensors, named within the layer, in TensorFlow.js' order. */
  readonly tensors: readonly TensorOutline[];
  /** Products of an entry and a parameter that one sample takes forward; none where left out. */
  readonly multiplyAdds?: number;
}

/** A class of layers that can be trained here. */
export interface LayerKind {
  /** Layers are renamed `prefix_1`, `prefix_2`, ... in the order of the model. */
  readonly prefix: string;
  /** Throws a `ZodError` where the settings are not usable. */
  outline(config: unknown, inputShape: readonly number[]): LayerOutline;
}

// What would act on parameters or loss beside the run's own rules: refused, rather than left out in silence.
const absent = z.null('is not supported: weight decay and bounds belong to the run, not to a layer').optional();

export const sideSchema = z.int().positive().max(MAX_SAMPLE_ENTRIES);
export const activationSchema = z.enum(activationNames);

/** Settings of every layer with a kernel. */
export const kernelSettings = {
  activation: activationSchema.default('linear'),
  use_bias: z.boolean().default(true),
  kernel_regularizer: absent,
  bias_regularizer: absent,
  activity_regularizer: absent,
  kernel_constraint: absent,
  bias_constraint: absent,
  trainable: z.literal(true, 'must be true: every parameter is trained').optional(),
};

export const shapeSchema = z
  .array(sideSchema)
  .min(1)
  .max(8)
  .refine((shape) => entriesOf(shape) <= MAX_SAMPLE_ENTRIES, `must hold at most ${MAX_SAMPLE_ENTRIES} entries`);

export function entriesOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** A kernel and, where it is used, a bias of its last dimension. */
export function kernelTensors(kernel: Omit<TensorOutline, 'name'>, useBias: boolean): LayerOutline['tensors'] {
  const named = { name: 'kernel', ...kernel };
  return useBias ? [named, { name: 'bias', shape: [kernel.shape.at(-1)!] }] : [named];
}
