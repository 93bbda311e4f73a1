import { expect, test } from 'vitest';
import { identityCompressor } from '../../../src/compression/replica-compressor.ts';

test('the identity copies, prunes nothing and saves nothing', () => {
  const parameters = Float32Array.of(1, -2, 0);
  const into = new Float32Array(3);
  identityCompressor.compress(parameters, into);
  expect(into).toEqual(parameters);
  expect(identityCompressor.sizeBytes(parameters)).toBe(12);
  expect(identityCompressor.mask()).toBeNull();
});
