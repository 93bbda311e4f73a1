import { backend, setBackend, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { chooseBackend } from '../../../src/compute/backends.ts';
import type { BackendName } from '../../../src/compute/compute.ts';
import type { Random } from '../../../src/support/random.ts';

/** Starts the two backends that are compared. */
export async function startBoth(): Promise<void> {
  for (const name of ['wasm', 'cpu'] as const) await chooseBackend(name);
}

/** A tensor of normal entries. */
export function normalTensor(shape: number[], random: Random): Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return tensor(
    Float32Array.from({ length: size }, () => random.normal()),
    shape,
  );
}

/** Expects what `work` gives on `wasm` to be what it gives on `cpu`. */
export function expectSame(work: () => Tensor): void {
  const ours = on('wasm', work);
  const oracle = on('cpu', work);
  expect(ours.shape).toEqual(oracle.shape);
  // As a share of the largest entry: sums of thousands of products differ in their order.
  const scale = oracle.data.reduce((most, entry) => Math.max(most, Math.abs(entry)), 1);
  const apart = oracle.data.findIndex((entry, i) => !(Math.abs(ours.data[i]! - entry) / scale < 2e-5));
  expect([apart, ours.data[apart], oracle.data[apart]]).toEqual([-1, undefined, undefined]);
}

/** Runs `work` on a backend; nothing but the numbers may stay behind. */
function on(name: BackendName, work: () => Tensor): { shape: number[]; data: Float32Array } {
  void setBackend(name);
  const held = backend().numDataIds();
  let shape: number[] = [];
  let data = new Float32Array(0);
  tidy(() => {
    const result = work();
    shape = result.shape;
    data = result.dataSync<'float32'>().slice();
  });
  expect(backend().numDataIds()).toBe(held);
  return { shape, data };
}
