import { sum } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, it } from 'vitest';
import { seededRandom } from '../../../src/support/random.ts';
import { expectSame, normalTensor, startBoth } from './oracle.ts';

const problem = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 }).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    // From the front or, negative, from the back; none sums everything.
    axes: fc.option(
      fc
        .subarray([...shape.keys()], { minLength: 1 })
        .chain((axes) => fc.tuple(...axes.map((axis) => fc.constantFrom(axis, axis - shape.length)))),
    ),
    keepDims: fc.boolean(),
    seed: fc.nat(),
  }),
);

describe('sums of the wasm backend', () => {
  beforeAll(startBoth);

  it('equal those of the cpu backend over any axes', () => {
    fc.assert(
      fc.property(problem, ({ shape, axes, keepDims, seed }) =>
        expectSame(() => sum(normalTensor(shape, seededRandom(seed)), axes ?? undefined, keepDims)),
      ),
      { numRuns: 300 },
    );
  });

  it('lose nothing of many small entries', () => {
    expectSame(() => sum(normalTensor([200_000, 2], seededRandom(1)), 0));
  });
});
