/**
 * Everything that can go wrong in a way that its reader can act on: one union, told apart by `code`.
 * Tests match the code and the fields, never the text. The fields survive a worker boundary as plain data.
 */
export type Failure =
  /** A flag, scenario, manifest or `--set` value is not usable. */
  | { code: 'CONFIG_INVALID'; field: string; problem: string; mend: string }
  /** A data set is not where it should be and could not be fetched. */
  | { code: 'DATA_MISSING'; field: string; path: string; mend: string }
  /** A data file was found, but it is not what its name says. */
  | { code: 'DATA_CORRUPT'; file: string; field: string; problem: string; mend: string }
  /** What a peer keeps between its processes (lock, key, checkpoint) cannot be used. */
  | { code: 'STATE_UNUSABLE'; path: string; problem: string; mend: string }
  /** The chosen compute backend cannot run here. */
  | { code: 'BACKEND_UNAVAILABLE'; backend: string; problem: string; mend: string }
  /** A listening address cannot be bound. */
  | { code: 'ADDRESS_UNAVAILABLE'; address: string; problem: string; mend: string }
  /** No given address led to a peer. */
  | { code: 'JOIN_FAILED'; address: string; problem: string; mend: string }
  /** A remote peer runs another manifest. */
  | { code: 'MANIFEST_MISMATCH'; peer: string; sections: string[]; mend: string }
  /** Bytes from the network or a file break their format: counted and dropped, never applied. */
  | { code: 'MESSAGE_INVALID'; message: string; field: string; problem: string }
  /** A stream ended before its time. */
  | { code: 'STREAM_CLOSED'; peer: string; problem: string }
  /** Something did not happen in time. */
  | { code: 'TIMED_OUT'; waitedFor: string; timeoutMs: number; mend: string }
  /** A peer process ended before the run did. */
  | { code: 'PEER_FAILED'; peer: string; problem: string; mend: string }
  /** The loss or a gradient is no longer a number. */
  | { code: 'TRAINING_DIVERGED'; field: string; problem: string; mend: string }
  /** The replicated sum no longer equals its updates: a bug or corrupted memory. */
  | { code: 'REPLICA_DRIFTED'; origin: string; sequence: number; problem: string };

export type FailureCode = Failure['code'];

export class MurmurError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(describeFailure(failure));
    this.name = 'MurmurError';
    this.failure = failure;
  }

  get code(): FailureCode {
    return this.failure.code;
  }
}

/** One line: what is wrong, where, and how to mend it. */
export function describeFailure(failure: Failure): string {
  switch (failure.code) {
    case 'CONFIG_INVALID':
    case 'TRAINING_DIVERGED':
      return `${failure.field}: ${failure.problem}; ${failure.mend}`;
    case 'DATA_MISSING':
      return `${failure.field}: no data set at ${failure.path}; ${failure.mend}`;
    case 'DATA_CORRUPT':
      return `${failure.file}: ${failure.field}: ${failure.problem}; ${failure.mend}`;
    case 'STATE_UNUSABLE':
      return `${failure.path}: ${failure.problem}; ${failure.mend}`;
    case 'BACKEND_UNAVAILABLE':
      return `backend ${failure.backend}: ${failure.problem}; ${failure.mend}`;
    case 'ADDRESS_UNAVAILABLE':
    case 'JOIN_FAILED':
      return `${failure.code === 'JOIN_FAILED' ? '--join' : '--listen'} ${failure.address}: ${failure.problem}; ${failure.mend}`;
    case 'MANIFEST_MISMATCH':
      return `manifest: peer ${failure.peer} runs another manifest, different in ${failure.sections.join(', ')}; ${failure.mend}`;
    case 'MESSAGE_INVALID':
      return `${failure.message}: ${failure.field}: ${failure.problem}`;
    case 'STREAM_CLOSED':
      return `peer ${failure.peer}: ${failure.problem}`;
    case 'TIMED_OUT':
      return `waited ${failure.timeoutMs} ms for ${failure.waitedFor}; ${failure.mend}`;
    case 'PEER_FAILED':
      return `peer ${failure.peer}: ${failure.problem}; ${failure.mend}`;
    case 'REPLICA_DRIFTED':
      return `origin ${failure.origin} at sequence ${failure.sequence}: ${failure.problem}`;
  }
}

/** Whether `error` is one of ours, optionally of one code. */
export function isFailure(error: unknown, code?: FailureCode): error is MurmurError {
  return error instanceof MurmurError && (code === undefined || error.code === code);
}
