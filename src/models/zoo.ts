import type { LayersModel } from '@tensorflow/tfjs-layers';
import { MurmurError } from '../support/errors.ts';
import { outlineOf, type Topology } from './outline.ts';

/** Built-in models by name: the shape of a sample, then the layers. */
const zoo: ReadonlyMap<string, readonly [inputShape: readonly number[], ...layers: readonly ZooLayer[]]> = new Map([
  /** LeCun et al., Proceedings of the IEEE 1998, section III: the model of Deep Compression's tables. */
  ['lenet-300-100', [[784], dense(300, 'relu'), dense(100, 'relu'), dense(10)]],
  ['mlp-100', [[784], dense(100, 'relu'), dense(10)]],
  /** On the means of 4 x 4 pixels, 3,850 parameters: small enough for a simulated swarm of a thousand. */
  [
    'pooled-mlp-64',
    [[28, 28, 1], layer('AveragePooling2D', { pool_size: 4 }), layer('Flatten'), dense(64, 'relu'), dense(10)],
  ],
  /** As Caffe has it (examples/mnist/lenet.prototxt), and Deep Compression after it: no activation but one. */
  [
    'lenet-5',
    [
      [28, 28, 1],
      convolution(20, 5),
      layer('MaxPooling2D'),
      convolution(50, 5),
      layer('MaxPooling2D'),
      layer('Flatten'),
      dense(500, 'relu'),
      dense(10),
    ],
  ],
  /** Three convolutions, each followed by a halving: 2.8 million multiply-adds and 33,834 parameters. */
  [
    'cifar10-cnn',
    [
      [32, 32, 3],
      convolution(16, 3, { padding: 'same', activation: 'relu' }),
      layer('MaxPooling2D'),
      convolution(32, 3, { padding: 'same', activation: 'relu' }),
      layer('MaxPooling2D'),
      convolution(64, 3, { padding: 'same', activation: 'relu' }),
      layer('MaxPooling2D'),
      layer('Flatten'),
      dense(10),
    ],
  ],
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
  const model = zoo.get(name);
  if (!model) {
    throw new MurmurError({
      code: 'CONFIG_INVALID',
      field: 'model',
      problem: `there is no model ${name}`,
      mend: `use one of ${zooNames.join(', ')}`,
    });
  }
  const [inputShape, ...layers] = model;
  const input = layer('InputLayer', { batch_input_shape: [null, ...inputShape] });
  return outlineOf({ class_name: 'Sequential', config: { layers: [input, ...layers] } }).topology;
}

interface ZooLayer {
  readonly class_name: string;
  readonly config: object;
}

function layer(class_name: string, config: object = {}): ZooLayer {
  return { class_name, config };
}

function dense(units: number, activation = 'linear'): ZooLayer {
  return layer('Dense', { units, activation });
}

function convolution(filters: number, side: number, settings: object = {}): ZooLayer {
  return layer('Conv2D', { filters, kernel_size: side, ...settings });
}

/** TensorFlow.js numbers unnamed models through the process: `sequential_3`, `model7`. The number must not matter. */
function stableName(name: string): string {
  return name.replace(/^(sequential|model)_?\d+$/, '$1');
}
