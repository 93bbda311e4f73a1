import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import util from 'node:util';
import { findBackend, removeBackend } from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { loadNativeTensorFlow } from '../../../src/compute/native-tensorflow.ts';

let folder: string;
let load: typeof loadNativeTensorFlow;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmur-native-'));
  // As a new process: none has loaded anything.
  vi.resetModules();
  ({ loadNativeTensorFlow: load } = await import('../../../src/compute/native-tensorflow.ts'));
});
afterEach(async () => {
  if (findBackend('tensorflow') !== null) removeBackend('tensorflow');
  await rm(folder, { recursive: true });
});

async function put(build: 'cpu' | 'gpu', code: string): Promise<void> {
  const name = build === 'cpu' ? 'tfjs-node' : 'tfjs-node-gpu';
  const place = join(folder, build, 'node_modules', '@tensorflow', name);
  await mkdir(place, { recursive: true });
  await writeFile(join(place, 'index.js'), code);
}

/** What the packages do, as far as it is looked at: they register a backend that tells whether it is on a GPU. */
const registering = (isUsingGpuDevice: boolean) => {
  const core = JSON.stringify(createRequire(import.meta.url).resolve('@tensorflow/tfjs-core'));
  return `require(${core}).registerBackend('tensorflow', () => ({ isUsingGpuDevice: ${isUsingGpuDevice}, dispose() {} }))`;
};
const refused = (backend: string, problem: RegExp, mend: RegExp) =>
  expect.objectContaining({
    failure: {
      code: 'BACKEND_UNAVAILABLE',
      backend,
      problem: expect.stringMatching(problem),
      mend: expect.stringMatching(mend),
    },
  });

describe('TensorFlow', () => {
  it('is loaded from the folder, once a process', async () => {
    await put('cpu', registering(false));
    load('tensorflow', folder);
    load('tensorflow', folder);
    await put('gpu', registering(true));
    expect(() => load('tensorflow-gpu', folder)).toThrow(refused('tensorflow-gpu', /has loaded tensorflow/, /one of/));
  });

  it('is missed with the command that brings it', () => {
    const missing = /^it is not installed$/;
    expect(() => load('tensorflow', folder)).toThrow(refused('tensorflow', missing, /^run: murmur setup tensorflow$/));
    expect(() => load('tensorflow', null)).toThrow(refused('tensorflow', missing, /setup/));
    expect(() => load('tensorflow-gpu', folder)).toThrow(refused('tensorflow-gpu', missing, /setup tensorflow --gpu$/));
  });

  it('tells in one line why it does not load', async () => {
    await put('cpu', `throw new Error('no such library\\nand more')`);
    const problem = /^@tensorflow\/tfjs-node does not load: no such library$/;
    expect(() => load('tensorflow', folder)).toThrow(refused('tensorflow', problem, /run: murmur setup/));
  });

  it('does not pass for a GPU where there is none, and then computes on the processor', async () => {
    await put('gpu', registering(false));
    const none = refused('tensorflow-gpu', /there is no GPU/, /nvidia-smi/);
    expect(() => load('tensorflow-gpu', folder)).toThrow(none);
    expect(() => load('tensorflow-gpu', folder)).toThrow(none);
    load('tensorflow', folder);
  });

  it('is on the GPU where there is one, and does not pass for the processor', async () => {
    await put('gpu', registering(true));
    load('tensorflow-gpu', folder);
    expect(() => load('tensorflow', folder)).toThrow(refused('tensorflow', /computes on the GPU/, /tensorflow-gpu/));
  });

  it('finds what newer versions of Node have dropped', async () => {
    await put('cpu', `${registering(false)};\nif (!require('util').isNullOrUndefined(null)) throw new Error()`);
    load('tensorflow', folder);
    expect((util as unknown as { isNullOrUndefined(value: unknown): boolean }).isNullOrUndefined(0)).toBe(false);
  });
});
