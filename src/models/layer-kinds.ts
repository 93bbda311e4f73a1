import { z } from 'zod';
import { averagePooling, convolution, globalAveragePooling, maxPooling } from './image-kinds.ts';
import {
  activationSchema,
  entriesOf,
  kernelSettings,
  kernelTensors,
  type LayerKind,
  shapeSchema,
  sideSchema,
} from './layer-kind.ts';

const denseSchema = z.object({ units: sideSchema, ...kernelSettings });
const slope = z.number().min(0).max(100);

const dense: LayerKind = {
  prefix: 'dense',
  outline(config, inputShape) {
    const { units, activation, use_bias } = denseSchema.parse(config);
    return {
      config: { units, activation, use_bias },
      outputShape: [...inputShape.slice(0, -1), units],
      tensors: kernelTensors({ shape: [inputShape.at(-1)!, units] }, use_bias),
      multiplyAdds: entriesOf(inputShape) * units,
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
  ['Conv2D', convolution],
  ['MaxPooling2D', maxPooling],
  ['AveragePooling2D', averagePooling],
  ['GlobalAveragePooling2D', globalAveragePooling],
  ['Flatten', flatten],
  ['Reshape', reshape],
  ['Activation', elementwise('activation', z.object({ activation: activationSchema }))],
  ['ReLU', elementwise('relu', z.object({ max_value: z.number().positive().max(1e6).nullable().default(null) }))],
  ['LeakyReLU', elementwise('leaky_relu', z.object({ alpha: slope.default(0.3) }))],
  // TensorFlow.js has no other ELU than alpha = 1.
  ['ELU', elementwise('elu', z.object({ alpha: z.literal(1).default(1) }))],
]);
