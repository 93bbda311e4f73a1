import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';

// The thread starts in plain JavaScript, and there turns TypeScript on.
const body = new URL('./gradient-worker.ts', import.meta.url).href;
const start = () =>
  new Worker(`import('tsx/esm/api').then(({ tsImport }) => tsImport('${body}', '${body}'))`, { eval: true });

it('computes in worker threads, the same bits in each', async () => {
  const workers = [start(), start()];
  const results = await Promise.all(workers.map((worker) => once(worker, 'message')));
  const [[first], [second]] = results as [[Result], [Result]];
  expect(first.backend).toBe('wasm');
  expect(first.gradient.some((entry) => entry !== 0)).toBe(true);
  expect(second).toEqual(first);
  await Promise.all(workers.map((worker) => worker.terminate()));
});

interface Result {
  backend: string;
  gradient: Float32Array;
}
