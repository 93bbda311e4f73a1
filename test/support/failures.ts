import { expect } from 'vitest';
import { type FailureCode, isFailure, type MurmurError } from '../../src/support/errors.ts';

/** The error of that code with which `action` fails; anything else fails the test. */
export async function failureOf(action: Promise<unknown> | (() => unknown), code: FailureCode): Promise<MurmurError> {
  try {
    await (typeof action === 'function' ? action() : action);
  } catch (error) {
    if (isFailure(error, code)) return error;
    throw error;
  }
  return expect.fail(`did not fail with ${code}`);
}
