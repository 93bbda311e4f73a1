import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { initialParameters } from '../../../src/models/initial-parameters.ts';
import { outlineOf } from '../../../src/models/outline.ts';
import { topologyOf } from '../../../src/models/zoo.ts';
import { seededRandom } from '../../../src/support/random.ts';

describe('initialParameters', () => {
  const { layout } = outlineOf(topologyOf('lenet-300-100').topology);
  const parameters = initialParameters(layout, seededRandom(7));

  it('are He normal in kernels and zero in biases', () => {
    for (const { offset, size, shape, role } of layout.tensors) {
      const part = parameters.subarray(offset, offset + size);
      if (role === 'bias') expect(part.every((entry) => entry === 0)).toBe(true);
      else {
        const variance = part.reduce((sum, entry) => sum + entry * entry, 0) / size;
        // Of 1,000 draws or more the variance is within a fifth, more than four standard errors.
        expect(Math.abs(variance / (2 / shape[0]!) - 1)).toBeLessThan(0.2);
      }
    }
  });

  it.each([
    ['lenet-5', [1 / 25, 1 / 500, 2 / 800, 2 / 500]],
    ['cifar10-cnn', [2 / 27, 2 / 144, 2 / 288, 2 / 1024]],
  ])('have the variance of their window and activation in the kernels of %s', (name, variances) => {
    const { layout } = outlineOf(topologyOf(name).topology);
    const parameters = initialParameters(layout, seededRandom(7));
    const kernels = layout.tensors.filter(({ role }) => role === 'kernel');
    kernels.forEach(({ offset, size }, at) => {
      const part = parameters.subarray(offset, offset + size);
      const variance = part.reduce((sum, entry) => sum + entry * entry, 0) / size;
      // Four standard errors of the variance of so many normal draws.
      expect(Math.abs(variance / variances[at]! - 1)).toBeLessThan(4 * Math.sqrt(2 / size));
    });
  });

  it('are the same bits for the same seed, in every process', () => {
    const digest = (seed: number) =>
      createHash('sha256')
        .update(initialParameters(layout, seededRandom(seed)))
        .digest('hex');
    expect(digest(7).slice(0, 16)).toBe('fa907349bb571614');
    expect(digest(8)).not.toBe(digest(7));
  });
});
