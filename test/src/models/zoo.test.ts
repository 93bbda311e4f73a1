import {
  model as functional,
  input,
  type LayersModel,
  layers,
  type SymbolicTensor,
  sequential,
} from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { chooseBackend } from '../../../src/compute/backends.ts';
import { outlineOf } from '../../../src/models/outline.ts';
import { topologyOf, zooNames } from '../../../src/models/zoo.ts';
import { isFailure } from '../../../src/support/errors.ts';

function refused(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    if (isFailure(error, 'CONFIG_INVALID')) return (error.failure as { field: string }).field;
    throw error;
  }
  return undefined;
}

describe('zoo', () => {
  it('holds LeNet-300-100 in its known size', () => {
    const { name, topology } = topologyOf('lenet-300-100');
    const { layout, classes, inputShape } = outlineOf(topology);
    expect(name).toBe('lenet-300-100');
    expect(layout.size).toBe(266_610);
    expect([inputShape, classes]).toEqual([[784], 10]);
    expect(layout.tensors.map((tensor) => [tensor.name, tensor.role, tensor.offset])).toEqual([
      ['dense_1/kernel', 'kernel', 0],
      ['dense_1/bias', 'bias', 235_200],
      ['dense_2/kernel', 'kernel', 235_500],
      ['dense_2/bias', 'bias', 265_500],
      ['dense_3/kernel', 'kernel', 265_600],
      ['dense_3/bias', 'bias', 266_600],
    ]);
  });

  it('holds the LeNet-5 of Caffe in its known size', () => {
    const { layout, classes, inputShape, multiplyAdds } = outlineOf(topologyOf('lenet-5').topology);
    expect([layout.size, multiplyAdds]).toEqual([431_080, 2_293_000]);
    expect([inputShape, classes]).toEqual([[28, 28, 1], 10]);
    expect(layout.tensors.filter(({ role }) => role === 'kernel').map(({ name, shape }) => [name, shape])).toEqual([
      ['conv2d_1/kernel', [5, 5, 1, 20]],
      ['conv2d_2/kernel', [5, 5, 20, 50]],
      ['dense_1/kernel', [800, 500]],
      ['dense_2/kernel', [500, 10]],
    ]);
  });

  it('holds a network for CIFAR-10 that one core can train', () => {
    const { classes, inputShape, multiplyAdds } = outlineOf(topologyOf('cifar10-cnn').topology);
    expect([inputShape, classes]).toEqual([[32, 32, 3], 10]);
    expect(multiplyAdds).toBeLessThanOrEqual(3e6);
  });

  it('is in canonical form, so reading it again changes nothing', () => {
    for (const name of zooNames) {
      const { topology } = topologyOf(name);
      expect(outlineOf(JSON.parse(JSON.stringify(topology))).topology).toEqual(topology);
    }
  });

  it('refuses other names', () => expect(refused(() => topologyOf('lenet-6'))).toBe('model'));
});

describe('topologyOf a LayersModel', () => {
  beforeAll(() => chooseBackend('cpu'));

  const build = () =>
    sequential({
      layers: [
        layers.flatten({ inputShape: [4, 4, 1] }),
        layers.dense({ units: 5 }),
        layers.reLU(),
        layers.dense({ units: 3, activation: 'softmax' }),
      ],
    });

  it('does not depend on what the process built before', () => {
    const first = topologyOf(build());
    build();
    expect(topologyOf(build())).toEqual(first);
    expect(first.name).toBe('sequential');
  });

  it('takes the last softmax away, whichever form it has', () => {
    const [own, activation, layer] = [
      sequential({ layers: [layers.dense({ units: 3, inputShape: [4], activation: 'softmax' })] }),
      sequential({
        layers: [layers.dense({ units: 3, inputShape: [4] }), layers.activation({ activation: 'softmax' })],
      }),
      sequential({ layers: [layers.dense({ units: 3, inputShape: [4] }), layers.softmax()] }),
    ].map((model) => JSON.stringify(topologyOf(model).topology));
    expect([own, activation, layer].join()).not.toContain('softmax');
    expect(own).toBe(layer);
  });

  it('takes a functional model that is a chain, and refuses one that is not', () => {
    const start = input({ shape: [4] });
    const hidden = layers.dense({ units: 4 }).apply(start) as SymbolicTensor;
    const straight = functional({ inputs: start, outputs: layers.dense({ units: 3 }).apply(hidden) as SymbolicTensor });
    const around = layers.add().apply([start, hidden]) as SymbolicTensor;
    const branched = functional({ inputs: start, outputs: layers.dense({ units: 3 }).apply(around) as SymbolicTensor });
    const plain = sequential({ layers: [layers.dense({ units: 4, inputShape: [4] }), layers.dense({ units: 3 })] });
    expect(topologyOf(straight).topology).toEqual(topologyOf(plain).topology);
    expect(refused(() => topologyOf(branched))).toBe('model.topology');
  });

  it('lays parameters out as TensorFlow.js orders its weights', () => {
    const model: LayersModel = build();
    const { layout } = outlineOf(topologyOf(model).topology);
    expect(layout.tensors.map(({ shape }) => shape)).toEqual(model.weights.map(({ shape }) => shape));
  });
});
