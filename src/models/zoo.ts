import type { LayersModel } from '@tensorflow/tfjs-layers';
import { MurmurError } from '../support/errors.ts';
import { outlineOf, type Topology } from './outline.ts';

/** Built-in models by name, as the sizes of their fully connected layers, input first, ReLU between them. */
const zoo: ReadonlyMap<string, readonly number[]> = new Map([
  /** LeCun et al., Proceedings of the IEEE 1998, section III: the model of Deep Compression's tables. */
  ['lenet-300-100', [784, 300, 100, 10]],
  ['mlp-100', [784, 100, 10]],
]);

export const zooNames: readonly string[] = [...zoo.keys()];

/**
 * A model's name and topology as the run manifest holds them: by name from the zoo, or of any `tf.LayersModel` that
 * is a chain of trainable layers. Independent of what else the process has built. Throws `CONFIG_INVALID`.
 */
export function topologyOf(model: LayersModel | string): { name: string; topology: Topology } {
  if (typeof model === 'string') return { name: model, topology: zooTopology(model) };
  return { name: stableName(model.name), topology: outlineOf(model.toJSON(null, false)).topology };
}

function zooTopology(name: string): Topology {
  const sizes = zoo.get(name);
  if (!sizes) {
    throw new MurmurError({
      code: 'CONFIG_INVALID',
      field: 'model',
      problem: `there is no model ${name}`,
      mend: `use one of ${zooNames.join(', ')}`,
    });
  }
  const [inputs, ...units] = sizes;
  const layers = units.map((count, index) => ({
    class_name: 'Dense',
    config: { units: count, activation: index < units.length - 1 ? 'relu' : 'linear' },
  }));
  const input = { class_name: 'InputLayer', config: { batch_input_shape: [null, inputs] } };
  return outlineOf({ class_name: 'Sequential', config: { layers: [input, ...layers] } }).topology;
}

/** TensorFlow.js numbers unnamed models through the process: `sequential_3`, `model7`. The number must not matter. */
function stableName(name: string): string {
  return name.replace(/^(sequential|model)_?\d+$/, '$1');
}
