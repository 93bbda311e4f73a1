import { afterEach, expect, test } from 'vitest';
import type { Summary } from '../../scenarios/runner/summary.ts';
import { presentBackends } from '../support/backends.ts';
import { Workplace } from './workplace.ts';

const workplace = new Workplace();
const { MURMUR_TENSORFLOW: home } = process.env;
afterEach(() => {
  if (home === undefined) delete process.env['MURMUR_TENSORFLOW'];
  else process.env['MURMUR_TENSORFLOW'] = home;
});

test('a native backend that is not there is asked for in vain, and the answer tells how to get it', async () => {
  process.env['MURMUR_TENSORFLOW'] = workplace.path('nothing');
  const ended = await workplace.run('run', 'small.mjs', '--backend', 'tensorflow-gpu');
  expect(ended.status).toBe(2);
  expect(ended.stderr).toMatch(/^murmur: backend tensorflow-gpu: .*; run: murmur setup tensorflow --gpu$/m);
});

test.skipIf(!presentBackends.some((name) => name.startsWith('tensorflow')))(
  'peers train on TensorFlow, the best that is there, and end with the same bits (skipped where nobody ran murmur setup tensorflow)',
  async () => {
    const ended = await workplace.run('run', 'small.mjs', '--json', '--set', 'control=null');
    expect(ended.status, ended.stderr).toBe(0);
    const summary: Summary = JSON.parse(ended.stdout);
    expect(summary).toMatchObject({ backend: presentBackends[0], converged: true, fingerprintsEqual: true });
  },
);
