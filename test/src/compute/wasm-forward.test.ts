import { avgPool, conv2d, maxPool, type Tensor4D } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, it } from 'vitest';
import { outlineOf } from '../../../src/models/outline.ts';
import { isFailure } from '../../../src/support/errors.ts';
import { seededRandom } from '../../../src/support/random.ts';
import { expectSame, normalTensor, startBoth } from './oracle.ts';

const upTo = (max: number) => fc.integer({ min: 1, max });
const pair = fc.tuple(upTo(4), upTo(4)) as fc.Arbitrary<[number, number]>;
const problem = fc.record({
  kind: fc.constantFrom('Conv2D', 'MaxPooling2D', 'AveragePooling2D'),
  shape: fc.tuple(upTo(9), upTo(9), upTo(5)) as fc.Arbitrary<[number, number, number]>,
  size: pair,
  strides: pair,
  padding: fc.constantFrom('valid' as const, 'same' as const),
  filters: upTo(9),
  seed: fc.nat(),
});
type Problem = typeof problem extends fc.Arbitrary<infer T> ? T : never;

/** Whether a model with such a layer is taken. */
function isTaken({ kind, shape, size, strides, padding, filters }: Problem): boolean {
  const config = { kernel_size: size, pool_size: size, strides, padding, filters };
  const layers = [
    { class_name: 'InputLayer', config: { batch_input_shape: [null, ...shape] } },
    { class_name: kind, config },
    { class_name: 'Flatten', config: {} },
    { class_name: 'Dense', config: { units: 1 } },
  ];
  try {
    outlineOf({ class_name: 'Sequential', config: { layers } });
    return true;
  } catch (error) {
    if (isFailure(error, 'CONFIG_INVALID')) return false;
    throw error;
  }
}

describe('layers for images on the wasm backend', () => {
  beforeAll(startBoth);

  it('give what they give on the cpu backend, or are refused', () => {
    fc.assert(
      fc.property(problem.filter(isTaken), ({ kind, shape, size, strides, padding, filters, seed }) =>
        expectSame(() => {
          const random = seededRandom(seed);
          const x = normalTensor([3, ...shape], random) as Tensor4D;
          if (kind === 'MaxPooling2D') return maxPool(x, size, strides, padding);
          if (kind === 'AveragePooling2D') return avgPool(x, size, strides, padding);
          return conv2d(x, normalTensor([...size, shape[2], filters], random) as Tensor4D, strides, padding);
        }),
      ),
      { numRuns: 300 },
    );
  });
});
