import { memory, tensor1d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { chooseBackend, onBackend } from '../../../src/compute/backends.ts';

describe('a copy of a tensor on the wasm backend', () => {
  beforeAll(() => chooseBackend('wasm'));

  it('lives on without the first, takes no memory of its own, and leaves none behind', () =>
    onBackend('wasm', () => {
      const before = memory().numDataBuffers;
      const first = tensor1d([1, 2, 3]);
      const copy = first.clone();
      expect(memory().numDataBuffers).toBe(before + 1);
      first.dispose();
      // Would take the memory of the first, had it been given back.
      const other = tensor1d([4, 5, 6]);
      expect([...copy.dataSync()]).toEqual([1, 2, 3]);
      for (const tensor of [copy, other]) tensor.dispose();
      expect(memory().numDataBuffers).toBe(before);
    }));

  it('keeps its type', () =>
    onBackend('wasm', () => {
      const [whole, truth] = [tensor1d([1, -2], 'int32').clone(), tensor1d([true, false]).clone()];
      expect([whole.dtype, ...whole.dataSync()]).toEqual(['int32', 1, -2]);
      expect([truth.dtype, ...truth.dataSync()]).toEqual(['bool', 1, 0]);
      for (const tensor of [whole, truth]) tensor.dispose();
    }));
});
