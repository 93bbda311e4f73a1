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
    layer.class_name === 'Dense' ? { ...layer, config: { ...layer.config, kernel_initializer: 'zeros' } } : layer,
  );
  try {
    return await models.modelFromJSON({ class_name: 'Sequential', config: { ...config, layers } } as never);
  } catch (error) {
    throw new MurmurError({
      code: 'CONFIG_INVALID',
      field: 'model.topology',
      problem: `TensorFlow.js cannot build it: ${error instanceof Error ? error.message : String(error)}`,
      mend: 'check that the model trains in TensorFlow.js on its own',
    });
  }
}
