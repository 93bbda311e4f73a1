import { getKernelsForBackend } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { startBoth } from './oracle.ts';

describe('the wasm backend', () => {
  const handlers = process.listeners('uncaughtException');
  beforeAll(startBoth);

  it('comes without handlers of uncaught errors', () => {
    expect(process.listeners('uncaughtException')).toEqual(handlers);
  });

  it('has one kernel of each name, and those that training a convolution takes', () => {
    const names = getKernelsForBackend('wasm').map(({ kernelName }) => kernelName);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(['Conv2DBackpropFilter', 'Conv2DBackpropInput', 'MaxPoolGrad']));
  });
});
