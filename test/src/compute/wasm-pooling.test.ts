import {
  AvgPoolGrad,
  avgPool,
  engine,
  MaxPoolGrad,
  maxPool,
  round,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, it } from 'vitest';
import { seededRandom } from '../../../src/support/random.ts';
import { expectSame, normalTensor, startBoth } from './oracle.ts';

const upTo = (max: number) => fc.integer({ min: 1, max });
const pair = fc.tuple(upTo(4), upTo(4)) as fc.Arbitrary<[number, number]>;
const problem = fc
  .record({
    shape: fc.tuple(upTo(4), upTo(11), upTo(11), upTo(6)) as fc.Arbitrary<[number, number, number, number]>,
    filterSize: pair,
    strides: pair,
    pad: fc.constantFrom('valid' as const, 'same' as const),
    seed: fc.nat(),
    // Of whole numbers many are equal, and many windows have their largest entry twice.
    whole: fc.boolean(),
  })
  .filter(({ shape, filterSize, pad }) => pad === 'same' || (filterSize[0] <= shape[1] && filterSize[1] <= shape[2]));
type Problem = typeof problem extends fc.Arbitrary<infer T> ? T : never;

const gradients = {
  max(input: Tensor4D, { filterSize, strides, pad, seed }: Problem) {
    const output = maxPool(input, filterSize, strides, pad);
    const dy = normalTensor(output.shape, seededRandom(seed + 1));
    return engine().runKernel(MaxPoolGrad, { dy, input, output }, { filterSize, strides, pad }) as Tensor;
  },
  average(input: Tensor4D, { filterSize, strides, pad, seed }: Problem) {
    const dy = normalTensor(avgPool(input, filterSize, strides, pad).shape, seededRandom(seed + 1));
    return engine().runKernel(AvgPoolGrad, { dy, input }, { filterSize, strides, pad }) as Tensor;
  },
};

describe.each(Object.entries(gradients))('the gradient of %s-pooling on the wasm backend', (_, gradient) => {
  beforeAll(startBoth);

  it('equals that of the cpu backend', () => {
    fc.assert(
      fc.property(problem, (given) =>
        expectSame(() => {
          const entries = normalTensor(given.shape, seededRandom(given.seed));
          return gradient((given.whole ? round(entries) : entries) as Tensor4D, given);
        }),
      ),
      { numRuns: 200 },
    );
  });
});
