import { describe, expect, it } from 'vitest';
import { MAX_LAYERS } from '../../../src/models/layer-chain.ts';
import { MAX_SAMPLE_ENTRIES } from '../../../src/models/layer-kinds.ts';
import { MAX_PARAMETERS, outlineOf } from '../../../src/models/outline.ts';
import { isFailure } from '../../../src/support/errors.ts';

const dense = (units: number, config: object = {}) => ({ class_name: 'Dense', config: { units, ...config } });
const inputOf = (...shape: number[]) => ({ class_name: 'InputLayer', config: { batch_input_shape: [null, ...shape] } });
const chain = (...list: object[]) => ({ class_name: 'Sequential', config: { layers: list } });

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
  });
});
