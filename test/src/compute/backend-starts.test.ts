import { backend, findBackend } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { chooseBackend, onBackend } from '../../../src/compute/backends.ts';

// In a file, and so a process, of its own: a backend starts only once.
it('starts backends asked for at the same time, each on its own', async () => {
  const twice = ['wasm', 'cpu', 'wasm', 'cpu'] as const;
  expect(await Promise.all(twice.map((name) => chooseBackend(name)))).toEqual(twice);
  for (const name of [...twice].reverse()) await onBackend(name, () => expect(backend()).toBe(findBackend(name)));
});
