import { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import { ThreadCalls } from '../../../peer/replica/thread-calls.ts';
import { MurmurError } from '../../../src/support/errors.ts';

// The thread starts in plain JavaScript, and there turns TypeScript on.
const body = new URL('./echo-thread.ts', import.meta.url).href;
const workers: Worker[] = [];

function start(): ThreadCalls {
  const code = `import('tsx/esm/api').then(({ tsImport }) => tsImport('${body}', '${body}'))`;
  const worker = new Worker(code, { eval: true });
  workers.push(worker);
  return new ThreadCalls(worker);
}

afterEach(() => Promise.all(workers.splice(0).map((worker) => worker.terminate())));

test('values cross over, and every answer finds its call', async () => {
  const calls = start();
  const values = [1, 'two', Float32Array.of(3), { four: [4] }, null, undefined];
  expect(await Promise.all(values.map((value) => calls.call('echo', value)))).toEqual(values);
});

test('an answer may take its buffers along, which then are gone from the thread', async () => {
  const calls = start();
  expect(await calls.call('kept')).toBe(3);
  expect(await calls.call('move')).toEqual({ values: Float32Array.of(1, 2, 3) });
  expect(await calls.call('kept')).toBe(0);
});

test('calls are served one after the other, in their order', async () => {
  const calls = start();
  expect(await Promise.all([calls.call('slowly'), calls.call('slowly')])).toEqual([
    [1, 1],
    [2, 2],
  ]);
});

test('coded errors keep their fields; others their message; the thread serves on', async () => {
  const calls = start();
  const error = await calls.call('refuse').catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(MurmurError);
  expect((error as MurmurError).failure).toEqual({
    code: 'DATA_MISSING',
    field: 'data.path',
    path: 'nowhere',
    mend: 'look elsewhere',
  });
  await expect(calls.call('fail')).rejects.toThrow(/broken inside/);
  await expect(calls.call('noSuchMethod')).rejects.toThrow(/function/);
  expect(await calls.call('echo', 'still here')).toBe('still here');
});

test.each([
  ['exit', /status 3/],
  ['crash', /crashed/],
])('the end of the thread by %s rejects what waits and what comes later', async (method, problem) => {
  const calls = start();
  const waiting = [calls.call(method), calls.call('hang'), calls.call('echo')];
  for (const result of await Promise.allSettled(waiting)) {
    expect(result).toEqual({
      status: 'rejected',
      reason: expect.objectContaining({ message: expect.stringMatching(problem) }),
    });
  }
  await expect(calls.call('echo')).rejects.toThrow(problem);
});
