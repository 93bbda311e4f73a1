import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PeerEvent } from '../../peer/events.ts';
import { describeFailure, type Failure } from '../../src/support/errors.ts';
import { peerEventSchema } from './event-schema.ts';
import { LineSplitter } from './line-splitter.ts';

/** The longest line taken from a peer: a final report with the vector of the largest run is under 600 kB. */
export const MAX_LINE_BYTES = 1 << 20;
/** How much of a peer's standard error is kept to tell why it died. */
export const KEPT_STDERR_BYTES = 4096;

/** The module that is `murmur`, and Node's own flags for it. */
export interface PeerCommand {
  readonly module: string;
  readonly execArgv: readonly string[];
}

/** This package's own command, built or from its sources, as the running process was started. */
export function ownPeerCommand(): PeerCommand {
  const module = fileURLToPath(new URL(`../../bin/murmur${extname(import.meta.url)}`, import.meta.url));
  return { module, execArgv: process.execArgv };
}

export interface PeerExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** What the peer itself said was wrong, where it could. */
  readonly failure: Failure | null;
  /** The end of its standard error. */
  readonly stderr: string;
}

export interface PeerProcess {
  readonly pid: number | undefined;
  /** Resolves when the process has ended and all its output is read; never rejects. */
  readonly exited: Promise<PeerExit>;
  signal(signal: 'SIGTERM' | 'SIGKILL'): void;
}

export interface PeerListener {
  onEvent(event: PeerEvent): void;
  /** A line of standard output that is no event. */
  onInvalidLine(): void;
}

/**
 * Starts `murmur peer` with `args` as a child of this process. It is told by the loss of its IPC channel when this
 * process dies, and sends its failure through it, as data, before it exits.
 */
export function startPeerProcess(command: PeerCommand, args: readonly string[], listener: PeerListener): PeerProcess {
  const child = fork(command.module, [...args], {
    execArgv: [...command.execArgv],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const lines = new LineSplitter(
    MAX_LINE_BYTES,
    (line) => {
      const event = parseEvent(line);
      if (event === null) listener.onInvalidLine();
      else listener.onEvent(event);
    },
    () => listener.onInvalidLine(),
  );
  child.stdout!.on('data', (chunk: Buffer) => lines.push(chunk));
  child.stdout!.on('end', () => lines.end());
  return { pid: child.pid, exited: exitOf(child), signal: (signal) => void child.kill(signal) };
}

function exitOf(child: ChildProcess): Promise<PeerExit> {
  let failure: Failure | null = null;
  let stderr = Buffer.alloc(0);
  child.on('message', (message) => {
    failure = failureOf(message);
  });
  child.stderr!.on('data', (chunk: Buffer) => {
    stderr = Buffer.concat([stderr, chunk]).subarray(-KEPT_STDERR_BYTES);
  });
  return new Promise((resolve) => {
    const settle = (code: number | null, signal: string | null) =>
      resolve({ code, signal, failure, stderr: stderr.toString('utf8').trim() });
    child.once('close', settle);
    child.once('error', (error) => {
      stderr = Buffer.from(error.message);
      if (child.pid === undefined) settle(null, null);
    });
  });
}

function parseEvent(line: string): PeerEvent | null {
  try {
    return peerEventSchema.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}

/** A failure from a child's message, if it is one that can be described. */
function failureOf(message: unknown): Failure | null {
  const failure = (message as { failure?: Failure } | null)?.failure;
  if (typeof failure?.code !== 'string') return null;
  return typeof describeFailure(failure) === 'string' ? failure : null;
}
