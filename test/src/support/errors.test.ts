import { expect, test } from 'vitest';
import { describeFailure, type Failure, isFailure, MurmurError } from '../../../src/support/errors.ts';

/** One of each, every text in it different; the type demands that none is missing. */
const failures: { [C in Failure['code']]: Extract<Failure, { code: C }> } = {
  CONFIG_INVALID: { code: 'CONFIG_INVALID', field: 'one', problem: 'two', mend: 'three' },
  DATA_MISSING: { code: 'DATA_MISSING', field: 'one', path: 'two', mend: 'three' },
  DATA_CORRUPT: { code: 'DATA_CORRUPT', file: 'one', field: 'two', problem: 'three', mend: 'four' },
  STATE_UNUSABLE: { code: 'STATE_UNUSABLE', path: 'one', problem: 'two', mend: 'three' },
  BACKEND_UNAVAILABLE: { code: 'BACKEND_UNAVAILABLE', backend: 'one', problem: 'two', mend: 'three' },
  ADDRESS_UNAVAILABLE: { code: 'ADDRESS_UNAVAILABLE', address: 'one', problem: 'two', mend: 'three' },
  JOIN_FAILED: { code: 'JOIN_FAILED', address: 'one', problem: 'two', mend: 'three' },
  MANIFEST_MISMATCH: { code: 'MANIFEST_MISMATCH', peer: 'one', sections: ['two', 'three'], mend: 'four' },
  MESSAGE_INVALID: { code: 'MESSAGE_INVALID', message: 'one', field: 'two', problem: 'three' },
  STREAM_CLOSED: { code: 'STREAM_CLOSED', peer: 'one', problem: 'two' },
  TIMED_OUT: { code: 'TIMED_OUT', waitedFor: 'one', timeoutMs: 17, mend: 'three' },
  PEER_FAILED: { code: 'PEER_FAILED', peer: 'one', problem: 'two', mend: 'three' },
  TRAINING_DIVERGED: { code: 'TRAINING_DIVERGED', field: 'one', problem: 'two', mend: 'three' },
  REPLICA_DRIFTED: { code: 'REPLICA_DRIFTED', origin: 'one', sequence: 17, problem: 'three' },
};

test.each(Object.values(failures))('$code is told on one line with every field', (failure) => {
  const line = describeFailure(failure);
  const { code: _code, ...fields } = failure;
  for (const value of Object.values(fields).flat()) expect(line).toContain(String(value));
  expect(line).not.toContain('\n');
});

test.each(Object.values(failures))('$code keeps its fields as plain data', (failure) => {
  const error = new MurmurError(structuredClone(failure));
  expect(error.failure).toEqual(failure);
  expect([error.name, error.code, error.message]).toEqual(['MurmurError', failure.code, describeFailure(failure)]);
  expect([isFailure(error), isFailure(error, failure.code)]).toEqual([true, true]);
});

test('other errors are not ours, nor is a code another', () => {
  expect(isFailure(new Error('x'))).toBe(false);
  expect(isFailure({ failure: failures.TIMED_OUT })).toBe(false);
  expect(isFailure(new MurmurError(failures.TIMED_OUT), 'JOIN_FAILED')).toBe(false);
});
