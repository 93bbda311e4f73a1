import { fused, matMul, type Tensor2D } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, it } from 'vitest';
import { seededRandom } from '../../../src/support/random.ts';
import { expectSame, normalTensor, startBoth } from './oracle.ts';

const side = fc.integer({ min: 1, max: 24 });
const problem = fc.record({
  // Leading dimensions of both operands: none, one alike, or broadcast.
  batch: fc.constantFrom(
    [[], []],
    [[1], [1]],
    [[3], [3]],
    [
      [2, 3],
      [2, 3],
    ],
    [[1], [3]],
    [[3], [1]],
  ),
  rows: side,
  inner: side,
  columns: side,
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
  seed: fc.nat(),
});
type Problem = typeof problem extends fc.Arbitrary<infer T> ? T : never;

function operands({ batch, rows, inner, columns, transposeA, transposeB, seed }: Problem) {
  const random = seededRandom(seed);
  return {
    a: normalTensor([...batch[0]!, ...(transposeA ? [inner, rows] : [rows, inner])], random),
    b: normalTensor([...batch[1]!, ...(transposeB ? [columns, inner] : [inner, columns])], random),
    bias: normalTensor([columns], random),
  };
}

describe('matrix products of the wasm backend', () => {
  beforeAll(startBoth);

  it('equal those of the cpu backend', () => {
    fc.assert(
      fc.property(problem, (given) =>
        expectSame(() => {
          const { a, b } = operands(given);
          return matMul(a, b, given.transposeA, given.transposeB);
        }),
      ),
      { numRuns: 150 },
    );
  });

  it('equal those of the cpu backend with bias and activation in one', () => {
    const plain = problem.filter(({ batch }) => batch[0]!.length === 0);
    const activations = fc.constantFrom('linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu');
    fc.assert(
      fc.property(plain, activations, fc.boolean(), (given, activation, biased) =>
        expectSame(() => {
          const { a, b, bias } = operands(given);
          const { transposeA, transposeB } = given;
          const options = {
            a: a as Tensor2D,
            b: b as Tensor2D,
            transposeA,
            transposeB,
            activation: activation as 'relu',
          };
          return fused.matMul(biased ? { ...options, bias } : options);
        }),
      ),
      { numRuns: 150 },
    );
  });
});
