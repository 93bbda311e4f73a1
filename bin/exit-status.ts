import { CommanderError } from 'commander';
import { type FailureCode, isFailure } from '../src/support/errors.ts';

/** How a command ended, to the shell. */
export const exitStatus = { reached: 0, failed: 1, badInput: 2, notReached: 3 } as const;

/** What the user gave is at fault, or something that happened. */
const statusOf: Record<FailureCode, 1 | 2> = {
  CONFIG_INVALID: exitStatus.badInput,
  DATA_MISSING: exitStatus.badInput,
  DATA_CORRUPT: exitStatus.badInput,
  STATE_UNUSABLE: exitStatus.badInput,
  BACKEND_UNAVAILABLE: exitStatus.badInput,
  ADDRESS_UNAVAILABLE: exitStatus.badInput,
  MANIFEST_MISMATCH: exitStatus.badInput,
  JOIN_FAILED: exitStatus.failed,
  MESSAGE_INVALID: exitStatus.failed,
  STREAM_CLOSED: exitStatus.failed,
  TIMED_OUT: exitStatus.failed,
  PEER_FAILED: exitStatus.failed,
  TRAINING_DIVERGED: exitStatus.failed,
  REPLICA_DRIFTED: exitStatus.failed,
};

/** The one line that tells an error, and the status to leave with. */
export function explain(error: unknown): { line: string; status: number } {
  if (isFailure(error)) return { line: error.message, status: statusOf[error.code] };
  if (error instanceof CommanderError) {
    const said = error.message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' ');
    const problem = error.code === 'commander.help' ? 'no command given' : said.trim();
    return { line: `${problem}; see murmur --help`, status: exitStatus.badInput };
  }
  return { line: String(error instanceof Error ? error.message : error).split('\n')[0]!, status: exitStatus.failed };
}

/** Prints the error's line to standard error (with MURMUR_DEBUG=1 its stack too) and returns the exit status. */
export function complain(error: unknown): number {
  const { line, status } = explain(error);
  process.stderr.write(`murmur: ${line}\n`);
  if (process.env['MURMUR_DEBUG'] === '1' && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return status;
}
