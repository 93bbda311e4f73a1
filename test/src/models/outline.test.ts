import { describe, expect, it } from 'vitest';
import { MAX_LAYERS } from '../../../src/models/layer-chain.ts';
import { MAX_SAMPLE_ENTRIES } from '../../../src/models/layer-kind.ts';
import { MAX_MULTIPLY_ADDS, MAX_PARAMETERS, outlineOf } from '../../../src/models/outline.ts';
import { isFailure } from '../../../src/support/errors.ts';

const dense = (units: number, config: object = {}) => ({ class_name: 'Dense', config: { units, ...config } });
const inputOf = (...shape: number[]) => ({ class_name: 'InputLayer', config: { batch_input_shape: [null, ...shape] } });
const conv = (side: number, config: object = {}) => ({
  class_name: 'Conv2D',
  config: { filters: 1, kernel_size: side, ...config },
});
const pool = (kind: string, config: object = {}) => ({ class_name: `${kind}Pooling2D`, config });
const flat = { class_name: 'Flatten', config: {} };
const mean = { class_name: 'GlobalAveragePooling2D', config: {} };
const chain = (...list: object[]) => ({ class_name: 'Sequential', config: { layers: list } });

/** 2^16 entries of 2^14 products each. */
const mostWork = [inputOf(128, 128, 1), conv(128, { filters: 4, padding: 'same' }), mean];

function refused(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    if (isFailure(error, 'CONFIG_INVALID')) return (error.failure as { field: string }).field;
    throw error;
  }
  return undefined;
}

describe('untrusted topologies', () => {
  const wired = (name: string, ...from: string[]) => ({
    ...dense(4),
    name,
    inbound_nodes: from.length > 0 ? [from.map((one) => [one, 0, 0, {}])] : [],
  });
  const graph = (output: string, ...list: object[]) => ({
    class_name: 'Model',
    config: { layers: list, output_layers: [[output, 0, 0]] },
  });
  const cases: Record<string, unknown> = {
    nothing: null,
    'another class': { class_name: 'Tower', config: { layers: [] } },
    'no layers': chain(),
    'only a softmax': chain({ class_name: 'Softmax', config: {} }),
    'no parameters': chain(inputOf(4)),
    'no input shape': chain(dense(3)),
    'a fixed batch': chain({ ...dense(3), config: { units: 3, batch_input_shape: [32, 4] } }),
    'integer input': chain(
      { class_name: 'InputLayer', config: { batch_input_shape: [null, 4], dtype: 'int32' } },
      dense(3),
    ),
    'a second input': chain(inputOf(4), inputOf(4), dense(3)),
    'a class not known to train': chain(inputOf(4), { class_name: 'Dropout', config: { rate: 0.5 } }, dense(3)),
    'a class of the prototype chain': chain(inputOf(4), { class_name: 'constructor', config: {} }, dense(3)),
    'no units': chain(inputOf(4), { class_name: 'Dense', config: {} }),
    'half a unit': chain(inputOf(4), dense(2.5)),
    'softmax in the middle': chain(inputOf(4), dense(3, { activation: 'softmax' }), dense(3)),
    'a regulariser': chain(inputOf(4), dense(3, { kernel_regularizer: { class_name: 'L1L2', config: {} } })),
    'a constraint': chain(inputOf(4), dense(3, { bias_constraint: { class_name: 'NonNeg', config: {} } })),
    'a frozen layer': chain(inputOf(4), dense(3, { trainable: false })),
    'an ELU that TensorFlow.js lacks': chain(inputOf(4), { class_name: 'ELU', config: { alpha: 0.5 } }, dense(3)),
    'a reshape to another size': chain(inputOf(4), { class_name: 'Reshape', config: { target_shape: [5] } }, dense(3)),
    'a convolution of what is no image': chain(inputOf(4, 4), conv(2), flat, dense(3)),
    'a window larger than the image': chain(inputOf(2, 2, 1), conv(3), flat, dense(3)),
    'a dilated convolution': chain(inputOf(9, 9, 1), conv(3, { dilation_rate: [2, 2] }), flat, dense(3)),
    'channels before rows and columns': chain(
      inputOf(9, 9, 1),
      conv(3, { data_format: 'channels_first' }),
      flat,
      dense(3),
    ),
    'a padding of text': chain(inputOf(9, 9, 1), conv(3, { padding: 'causal' }), flat, dense(3)),
    'padded strides past the window': chain(
      inputOf(9, 9, 1),
      conv(2, { padding: 'same', strides: [1, 3] }),
      flat,
      dense(3),
    ),
    'half a stride': chain(inputOf(9, 9, 1), conv(3, { strides: 0.5 }), flat, dense(3)),
    'three sides of a window': chain(inputOf(9, 9, 1), conv(3, { kernel_size: [3, 3, 3] }), flat, dense(3)),
    'a convolution that decays': chain(inputOf(9, 9, 1), conv(3, { kernel_regularizer: {} }), flat, dense(3)),
    'pooling of what is no image': chain(inputOf(4), pool('Max'), dense(3)),
    'an average over the edge': chain(inputOf(3, 4, 1), pool('Average', { padding: 'same' }), flat, dense(3)),
    'a global average of what is no image': chain(inputOf(4), mean, dense(3)),
    'too much work': chain(...mostWork, dense(1)),
    'an output of two dimensions': chain(inputOf(4, 4), dense(3)),
    'too many layers': chain(inputOf(4), ...Array(MAX_LAYERS).fill(dense(4))),
    'too wide an input': chain(inputOf(MAX_SAMPLE_ENTRIES + 1), dense(1)),
    'too wide an output': chain(inputOf(MAX_SAMPLE_ENTRIES / 2, 2), dense(3), { class_name: 'Flatten', config: {} }),
    'too many parameters': chain(inputOf(2 ** 13), dense(MAX_PARAMETERS / 2 ** 13)),
    'two inputs to a layer': graph('b', wired('a'), wired('b', 'a', 'a')),
    'a circle': graph('b', wired('a', 'b'), wired('b', 'a')),
    'a layer beside the chain': graph('b', wired('a'), wired('b', 'a'), wired('c', 'a')),
    'a missing layer': graph('b', wired('b', 'a')),
  };
  it.each(Object.entries(cases))('refuses %s', (_name, topology) => {
    expect(refused(() => outlineOf(topology))).toBe('model.topology');
  });

  it('accepts what is just within the bounds', () => {
    expect(outlineOf(chain(inputOf(4), ...Array(MAX_LAYERS - 1).fill(dense(4)))).layout.tensors).toHaveLength(510);
    const largest = chain(inputOf(2 ** 13), dense(MAX_PARAMETERS / 2 ** 13, { use_bias: false }));
    expect(outlineOf(largest).layout.size).toBe(MAX_PARAMETERS);
    expect(outlineOf(chain(...mostWork)).multiplyAdds).toBe(MAX_MULTIPLY_ADDS);
  });
});

describe('shapes of layers for images', () => {
  const outputOf = (...list: object[]) =>
    outlineOf(chain(inputOf(9, 10, 2), ...list, flat, dense(1))).layout.tensors.at(-2)!.shape[0];

  it.each([
    ['a valid convolution', conv(3, { filters: 5 }), 7 * 8 * 5],
    ['a padded one', conv(3, { filters: 5, padding: 'same' }), 9 * 10 * 5],
    ['strides', conv(3, { filters: 5, strides: [2, 3] }), 4 * 3 * 5],
    ['padded strides', conv(3, { filters: 5, strides: 2, padding: 'same' }), 5 * 5 * 5],
    ['pooling', pool('Max'), 4 * 5 * 2],
    ['padded pooling', pool('Max', { padding: 'same' }), 5 * 5 * 2],
    ['pooling with strides', pool('Average', { pool_size: 3, strides: 1 }), 7 * 8 * 2],
    ['an average of everything', mean, 2],
  ])('are those of TensorFlow.js after %s', (_name, layer, entries) => {
    expect(outputOf(layer)).toBe(entries);
  });

  it('counts multiply-adds of the forward pass', () => {
    const { multiplyAdds } = outlineOf(chain(inputOf(9, 10, 2), conv(3, { filters: 5 }), flat, dense(3)));
    expect(multiplyAdds).toBe(7 * 8 * 5 * 3 * 3 * 2 + 7 * 8 * 5 * 3);
  });
});
