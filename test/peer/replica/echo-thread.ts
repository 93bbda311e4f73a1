import { parentPort } from 'node:worker_threads';
import { MovedAnswer, serve } from '../../../peer/replica/thread-calls.ts';
import { MurmurError } from '../../../src/support/errors.ts';

// The body of the worker thread in thread-calls.test.ts.
let calls = 0;
const values = Float32Array.of(1, 2, 3);

serve(parentPort!, {
  echo: async (value: unknown) => value,
  slowly: async () => {
    const call = ++calls;
    await new Promise((resolve) => setTimeout(resolve, call === 1 ? 50 : 0));
    return [call, calls];
  },
  move: async () => new MovedAnswer({ values }, [values.buffer]),
  kept: async () => values.length,
  refuse: async () => {
    throw new MurmurError({ code: 'DATA_MISSING', field: 'data.path', path: 'nowhere', mend: 'look elsewhere' });
  },
  fail: async () => {
    throw new RangeError('broken inside');
  },
  hang: () => new Promise(() => {}),
  exit: async () => process.exit(3),
  crash: async () => {
    setTimeout(() => {
      throw new Error('crashed');
    });
    await new Promise(() => {});
  },
});
