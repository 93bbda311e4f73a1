import { add, conv2d, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { type LayersModel, models } from '@tensorflow/tfjs-layers';
import { MurmurError } from '../support/errors.ts';
import { outlineOf } from './outline.ts';

/**
 * Builds the model of an untrusted topology on the current backend, its last layer giving logits and every parameter
 * zero. Its weights are in the order of `outlineOf(topology).layout`. Throws `CONFIG_INVALID`.
 */
export async function buildModel(topology: unknown): Promise<LayersModel> {
  const { config } = outlineOf(topology).topology;
  // Parameters come from elsewhere; TensorFlow.js' random ones would take seconds for a large model.
  const layers = config.layers.map((layer) =>
    layer.class_name === 'Dense' || layer.class_name === 'Conv2D'
      ? { ...layer, config: { ...layer.config, kernel_initializer: 'zeros' } }
      : layer,
  );
  try {
    const model = await models.modelFromJSON({ class_name: 'Sequential', config: { ...config, layers } } as never);
    sparingInputGradient(model);
    return model;
  } catch (error) {
    throw new MurmurError({
      code: 'CONFIG_INVALID',
      field: 'model.topology',
      problem: `TensorFlow.js cannot build it: ${error instanceof Error ? error.message : String(error)}`,
      mend: 'check that the model trains in TensorFlow.js on its own',
    });
  }
}

/**
 * Has a first convolution without activation train by its parts. In one with its bias, as it is by default, it computes
 * the gradient of its input too, which nobody wants: in LeNet-5 a twelfth of the step.
 */
function sparingInputGradient(model: LayersModel): void {
  const first = model.layers.find((layer) => layer.getClassName() === 'Conv2D');
  const { activation, strides, padding } = first?.getConfig() ?? {};
  if (!first || activation !== 'linear') return;
  const inOne = first.call.bind(first);
  first.call = (inputs, kwargs) => {
    if (!kwargs['training']) return inOne(inputs, kwargs);
    const [kernel, bias] = first.getWeights() as [Tensor4D, Tensor?];
    const image = (Array.isArray(inputs) ? inputs[0] : inputs) as Tensor4D;
    const output = conv2d(image, kernel, strides as [number, number], padding as 'valid' | 'same');
    return bias ? add(output, bias) : output;
  };
}
