import { backend, findBackend } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { chooseBackend, onBackend } from '../../../src/compute/backends.ts';
import { backendNames } from '../../../src/compute/compute.ts';

// In a file, and so a process, of its own: a backend starts only once.
it('starts backends asked for at the same time, each on its own', async () => {
  const twice = [...backendNames, ...backendNames];
  expect(await Promise.all(twice.map(chooseBackend))).toEqual(twice);
  for (const name of [...twice].reverse()) await onBackend(name, () => expect(backend()).toBe(findBackend(name)));
});
