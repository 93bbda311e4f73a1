import { layers, sequential } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { chooseBackend } from '../../../src/compute/backends.ts';
import { buildModel } from '../../../src/models/build-model.ts';
import { outlineOf } from '../../../src/models/outline.ts';
import { topologyOf, zooNames } from '../../../src/models/zoo.ts';

describe('buildModel', () => {
  beforeAll(() => chooseBackend('cpu'));

  it.each(zooNames)('gives %s the weights of its layout, all zero', async (name) => {
    const { topology } = topologyOf(name);
    const model = await buildModel(topology);
    expect(model.weights.map(({ shape }) => shape)).toEqual(
      outlineOf(topology).layout.tensors.map(({ shape }) => shape),
    );
    for (const weight of model.weights)
      expect(
        weight
          .read()
          .dataSync()
          .every((entry) => entry === 0),
      ).toBe(true);
    model.dispose();
  });

  it('gives back the topology it was built from, however often', async () => {
    const { topology } = topologyOf(
      sequential({
        layers: [
          layers.reshape({ targetShape: [9, 9, 2], inputShape: [162] }),
          layers.conv2d({ filters: 4, kernelSize: [2, 3], strides: [1, 2], padding: 'same', activation: 'relu' }),
          layers.conv2d({ filters: 3, kernelSize: 2, useBias: false }),
          layers.maxPooling2d({ poolSize: 2, strides: 1, padding: 'same' }),
          layers.averagePooling2d({ poolSize: [2, 2], strides: [2, 1] }),
          layers.globalAveragePooling2d({}),
          layers.dense({ units: 6, activation: 'tanh', useBias: false }),
          layers.leakyReLU({ alpha: 0.2 }),
          layers.elu(),
          layers.reLU({ maxValue: 4 }),
          layers.activation({ activation: 'swish' }),
          layers.dense({ units: 3 }),
        ],
      }),
    );
    for (let time = 0; time < 2; time++) {
      const model = await buildModel(topology);
      expect(topologyOf(model).topology).toEqual(topology);
      model.dispose();
    }
  });

  it('refuses an unusable topology', () =>
    expect(buildModel({ class_name: 'Sequential' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      failure: { field: 'model.topology' },
    }));
});
