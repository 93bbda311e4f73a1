import { backend as currentBackend, fused, matMul, setBackend, tensor, tidy } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { chooseBackend } from '../../../src/compute/backends.ts';
import { type BackendName, backendNames } from '../../../src/compute/compute.ts';
import { seededRandom } from '../../../src/support/random.ts';

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
  const filled = (shape: number[]) => {
    const size = shape.reduce((product, length) => product * length, 1);
    return tensor(
      Float32Array.from({ length: size }, () => random.normal()),
      shape,
    );
  };
  return {
    a: filled([...batch[0]!, ...(transposeA ? [inner, rows] : [rows, inner])]),
    b: filled([...batch[1]!, ...(transposeB ? [columns, inner] : [inner, columns])]),
    bias: filled([columns]),
  };
}

/** Runs `work` on a backend; nothing but the numbers may stay behind. */
function on(backend: BackendName, work: () => { shape: number[]; data: ArrayLike<number> }) {
  void setBackend(backend);
  const held = currentBackend().numDataIds();
  let result!: { shape: number[]; data: ArrayLike<number> };
  tidy(() => void (result = work()));
  expect(currentBackend().numDataIds()).toBe(held);
  return result;
}

function expectSame(work: () => { shape: number[]; data: ArrayLike<number> }): void {
  const ours = on('wasm', work);
  const oracle = on('cpu', work);
  expect(ours.shape).toEqual(oracle.shape);
  for (let i = 0; i < oracle.data.length; i++) {
    expect(Math.abs(ours.data[i]! - oracle.data[i]!)).toBeLessThan(1e-4);
  }
}

describe('matrix products of the wasm backend', () => {
  const handlers = process.listeners('uncaughtException');
  beforeAll(async () => {
    for (const name of backendNames) await chooseBackend(name);
  });

  it('come without handlers of uncaught errors', () => {
    expect(process.listeners('uncaughtException')).toEqual(handlers);
  });

  it('equal those of the cpu backend', () => {
    fc.assert(
      fc.property(problem, (given) =>
        expectSame(() => {
          const { a, b } = operands(given);
          const product = matMul(a, b, given.transposeA, given.transposeB);
          return { shape: product.shape, data: product.dataSync() };
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
          const options = { a, b, transposeA, transposeB, activation: activation as 'relu' };
          const product = fused.matMul(biased ? { ...options, bias } : options);
          return { shape: product.shape, data: product.dataSync() };
        }),
      ),
      { numRuns: 150 },
    );
  });
});
