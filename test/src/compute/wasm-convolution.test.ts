import { backend_util, Conv2DBackpropFilter, Conv2DBackpropInput, engine, type Tensor } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { chooseBackend, onBackend } from '../../../src/compute/backends.ts';
import { seededRandom } from '../../../src/support/random.ts';
import { expectSame, normalTensor, startBoth } from './oracle.ts';

type Shape = [number, number, number, number];
const upTo = (max: number) => fc.integer({ min: 1, max });
const edges = fc.tuple(fc.nat(4), fc.nat(4));
const problem = fc
  .record({
    x: fc.tuple(upTo(5), upTo(12), upTo(12), upTo(5)),
    filter: fc.tuple(upTo(5), upTo(5), upTo(9)),
    strides: fc.tuple(upTo(3), upTo(3)) as fc.Arbitrary<[number, number]>,
    pad: fc.oneof(
      fc.constantFrom('valid' as const, 'same' as const),
      fc.nat(3),
      fc.tuple(edges, edges).map(([rows, columns]) => [[0, 0], rows, columns, [0, 0]] as never),
    ),
    seed: fc.nat(),
  })
  .map(({ x, filter: [height, width, out], strides, pad, seed }) => {
    const filterShape: Shape = [height, width, x[3], out];
    const rounding = 'floor' as const;
    const info = backend_util.computeConv2DInfo(
      x,
      filterShape,
      strides,
      1,
      pad,
      typeof pad === 'string' ? undefined : rounding,
    );
    return { inputShape: x, filterShape, outShape: info.outShape, strides, pad, dimRoundingMode: rounding, seed };
  })
  .filter(({ outShape }) => outShape.every((side) => side > 0));
type Problem = typeof problem extends fc.Arbitrary<infer T> ? T : never;

function run(
  kernel: string,
  inputs: Record<string, Tensor>,
  { strides, pad, dimRoundingMode, ...shapes }: Problem,
): Tensor {
  const attrs = {
    strides,
    pad,
    dataFormat: 'NHWC',
    ...shapes,
    ...(typeof pad === 'string' ? {} : { dimRoundingMode }),
  };
  return engine().runKernel(kernel, inputs, attrs as never) as Tensor;
}

/** The gradients of the filter and of the input. */
const gradients = {
  filter: (given: Problem) => {
    const random = seededRandom(given.seed);
    const inputs = { x: normalTensor(given.inputShape, random), dy: normalTensor(given.outShape, random) };
    return run(Conv2DBackpropFilter, inputs, given);
  },
  input: (given: Problem) => {
    const random = seededRandom(given.seed);
    const inputs = { dy: normalTensor(given.outShape, random), filter: normalTensor(given.filterShape, random) };
    return run(Conv2DBackpropInput, inputs, given);
  },
};

describe.each(Object.entries(gradients))(
  'the gradient of a convolution by its %s on the wasm backend',
  (_, gradient) => {
    beforeAll(startBoth);

    it('equals that of the cpu backend, whatever the shapes, strides and padding', () => {
      fc.assert(
        fc.property(problem, (given) => expectSame(() => gradient(given))),
        { numRuns: 100 },
      );
    });

    it('equals it where the windows are so many that they are unfolded in parts', () => {
      const inputShape: Shape = [40, 20, 21, 7];
      for (const [pad, outShape] of [
        ['valid', [40, 16, 17, 2]],
        ['same', [40, 20, 21, 2]],
      ] as [never, Shape][]) {
        const filterShape: Shape = [5, 5, 7, 2];
        const shapes = { inputShape, filterShape, outShape };
        expectSame(() => gradient({ ...shapes, strides: [1, 1], pad, dimRoundingMode: 'floor', seed: 1 }));
      }
    });

    it('refuses channels before rows and columns', async () => {
      await chooseBackend('wasm');
      await onBackend('wasm', () => {
        const inputs = {
          x: normalTensor([1, 2, 2, 1], seededRandom(1)),
          dy: normalTensor([1, 2, 2, 1], seededRandom(1)),
          filter: normalTensor([1, 1, 1, 1], seededRandom(1)),
        };
        const attrs = {
          strides: 1,
          pad: 'valid',
          dataFormat: 'NCHW',
          filterShape: [1, 1, 1, 1],
          inputShape: [1, 2, 2, 1],
        };
        for (const kernel of [Conv2DBackpropFilter, Conv2DBackpropInput]) {
          expect(() => engine().runKernel(kernel, inputs, attrs as never)).toThrow('NCHW');
        }
      });
    });
  },
);
