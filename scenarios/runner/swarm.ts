import { once } from 'node:events';
import type { PeerEvent } from '../../peer/events.ts';
import type { Manifest } from '../../src/manifest.ts';
import type { PeerName } from '../../src/sum/origin.ts';
import { type Clock, sleep } from '../../src/support/clock.ts';
import { MurmurError } from '../../src/support/errors.ts';
import { type PeerCommand, type PeerExit, type PeerProcess, startPeerProcess } from './peer-process.ts';

/** How long the first peer may take to listen: it loads its libraries and binds a port, slow machines included. */
export const LISTEN_TIMEOUT_MS = 60_000;
/** What a run may take beyond its limit, and peers beyond the first that finished: start, last evaluation, linger. */
export const GRACE_MS = 90_000;
/** How long peers that are told to stop may take before they are killed. */
export const STOP_TIMEOUT_MS = 5_000;
/** Loopback, any free port. */
const LISTEN_ADDRESS = '/ip4/127.0.0.1/tcp/0';
/** Exit statuses of a peer that came to its end: target reached or not. */
const ORDERLY_STATUSES: readonly (number | null)[] = [0, 3];

/** What the runner itself adds to the event log. */
export type RunnerEvent = { readonly atMs: number; readonly peer: 'runner' } & (
  | { readonly type: 'run-started'; readonly manifest: string }
  | { readonly type: 'peer-started'; readonly index: number; readonly pid: number | null }
  | {
      readonly type: 'peer-exited';
      readonly index: number;
      readonly code: number | null;
      readonly signal: string | null;
    }
  | { readonly type: 'invalid-line'; readonly index: number }
  /** In a simulation: what befell the swarm. */
  | { readonly type: 'happened'; readonly happening: object }
  | { readonly type: 'run-ended'; readonly ending: SwarmEnding['kind'] }
);

/** Why a swarm's run was over. */
export type SwarmEnding =
  | { readonly kind: 'finished' }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'failed'; readonly error: MurmurError };

/** Hears what peers and runner tell, as it happens. */
export interface SwarmListener {
  onPeerEvent(index: number, event: PeerEvent): void;
  onRunnerEvent(event: RunnerEvent): void;
}

export interface SwarmComponents extends SwarmListener {
  readonly clock: Clock;
  readonly peerCommand: PeerCommand;
  /** Aborts when the user wants the run to stop. */
  readonly interrupt: AbortSignal;
}

export interface SwarmInit {
  readonly manifest: Manifest;
  readonly manifestFile: string;
  /** How many the peers are dealt out to; null gives each its own. */
  readonly processes: number | null;
}

/**
 * Runs every peer of a manifest in a child process: the first peer's process first, the others join that peer. Returns
 * when none is left running, whatever happened: all finished, one died, the user interrupted, or time was up.
 */
export async function runSwarm(components: SwarmComponents, init: SwarmInit): Promise<SwarmEnding> {
  return new Swarm(components, init).run();
}

class Swarm {
  readonly #components: SwarmComponents;
  readonly #manifest: Manifest;
  readonly #manifestFile: string;
  /** Indices of the peers of each process. */
  readonly #hosted: readonly (readonly number[])[];
  readonly #processes: PeerProcess[] = [];
  readonly #finished = new Set<number>();
  #firstListens = false;
  #exits = 0;
  /** Aborts once, with the first ending as its reason. */
  readonly #ended = new AbortController();
  readonly #timers: (() => void)[] = [];

  constructor(components: SwarmComponents, { manifest, manifestFile, processes }: SwarmInit) {
    this.#components = components;
    this.#manifest = manifest;
    this.#manifestFile = manifestFile;
    this.#hosted = dealOut(manifest.peers, processes ?? manifest.peers);
  }

  async run(): Promise<SwarmEnding> {
    const { clock, interrupt } = this.#components;
    const onInterrupt = () => this.#ended.abort({ kind: 'interrupted' });
    interrupt.addEventListener('abort', onInterrupt);
    if (interrupt.aborted) onInterrupt();
    else {
      this.#start(this.#hosted[0]!, []);
      this.#limit(LISTEN_TIMEOUT_MS, 'the first peer to listen', () => !this.#firstListens);
      this.#limit(this.#manifest.limits.seconds * 1000 + GRACE_MS, 'the run to end');
      await once(this.#ended.signal, 'abort');
    }
    interrupt.removeEventListener('abort', onInterrupt);
    await stopAll(clock, this.#processes);
    for (const cancel of this.#timers) cancel();
    const ending = this.#ended.signal.reason as SwarmEnding;
    this.#note({ type: 'run-ended', ending: ending.kind });
    return ending;
  }

  #start(indices: readonly number[], joined: readonly string[]): void {
    const shards = indices.flatMap((index) => ['--shard', `${index}`]);
    const join = joined.flatMap((address) => ['--join', address]);
    const args = ['peer', '--json', '--run', this.#manifestFile, ...shards, '--listen', LISTEN_ADDRESS, ...join];
    const onInvalidLine = () => this.#note({ type: 'invalid-line', index: indices[0]! });
    const indexOf = namedBy(indices);
    const child = startPeerProcess(this.#components.peerCommand, args, {
      onEvent: (event) => {
        const index = indexOf(event);
        if (index === undefined) onInvalidLine();
        else this.#onEvent(index, event);
      },
      onInvalidLine,
    });
    this.#processes.push(child);
    for (const index of indices) this.#note({ type: 'peer-started', index, pid: child.pid ?? null });
    child.exited.then((exit) => this.#onExit(indices, exit));
  }

  #onEvent(index: number, event: PeerEvent): void {
    this.#components.onPeerEvent(index, event);
    if (event.type === 'listening' && index === 0) this.#startOthers(event.addresses);
    if (event.type === 'finished') {
      if (this.#finished.size === 0) this.#limit(GRACE_MS, 'the other peers to finish after the first');
      this.#finished.add(index);
    }
  }

  #startOthers(addresses: readonly string[]): void {
    if (this.#firstListens || this.#ended.signal.aborted) return;
    this.#firstListens = true;
    const address = addresses.find((each) => each.startsWith('/ip4/127.0.0.1/')) ?? addresses[0];
    for (const indices of this.#hosted.slice(1)) this.#start(indices, address ? [address] : []);
  }

  #onExit(indices: readonly number[], exit: PeerExit): void {
    const { code, signal } = exit;
    for (const index of indices) this.#note({ type: 'peer-exited', index, code, signal });
    this.#exits++;
    const unfinished = indices.find((index) => !this.#finished.has(index));
    if (unfinished !== undefined || !ORDERLY_STATUSES.includes(code)) {
      const error = exitError(`${(unfinished ?? indices[0]!) + 1} of ${this.#manifest.peers}`, exit);
      this.#ended.abort({ kind: 'failed', error });
    } else if (this.#exits === this.#hosted.length) this.#ended.abort({ kind: 'finished' });
  }

  /** Fails the run after `timeoutMs`, if `overdue` says so then. */
  #limit(timeoutMs: number, waitedFor: string, overdue = () => true): void {
    const fail = () => {
      const mend = 'events.jsonl of the run tells how far it was';
      const error = new MurmurError({ code: 'TIMED_OUT', waitedFor, timeoutMs, mend });
      if (overdue()) this.#ended.abort({ kind: 'failed', error });
    };
    this.#timers.push(this.#components.clock.after(timeoutMs, fail));
  }

  #note(event: DistributiveOmit<RunnerEvent, 'atMs' | 'peer'>): void {
    this.#components.onRunnerEvent({ atMs: this.#components.clock.nowMs(), peer: 'runner', ...event });
  }
}

/** Peers 0 to `peers - 1`, in turn to each of at most `processes` processes. */
function dealOut(peers: number, processes: number): number[][] {
  const hosted = Array.from({ length: Math.min(peers, processes) }, (): number[] => []);
  for (let index = 0; index < peers; index++) hosted[index % hosted.length]!.push(index);
  return hosted;
}

/** Which of a process' peers an event is of: each tells its shard first. Undefined for what is none of theirs. */
function namedBy(indices: readonly number[]): (event: PeerEvent) => number | undefined {
  const byName = new Map<PeerName, number>();
  return (event) => {
    if (event.type === 'listening' && indices.includes(event.shard)) byName.set(event.peer, event.shard);
    return byName.get(event.peer);
  };
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** Asks, waits a bounded time, then kills; resolves when every process is gone. */
async function stopAll(clock: Clock, processes: readonly PeerProcess[]): Promise<void> {
  const allGone = Promise.all(processes.map((each) => each.exited));
  for (const each of processes) each.signal('SIGTERM');
  const waited = new AbortController();
  await Promise.race([allGone, sleep(clock, STOP_TIMEOUT_MS, waited.signal)]);
  waited.abort();
  for (const each of processes) each.signal('SIGKILL');
  await allGone;
}

/** The peer's own words where it had any, else the last line it wrote to standard error. */
function exitError(peer: string, exit: PeerExit): MurmurError {
  if (exit.failure !== null) return new MurmurError(exit.failure);
  const how = exit.signal === null ? `exited with status ${exit.code}` : `was ended by ${exit.signal}`;
  const said = exit.stderr
    .split('\n')
    .at(-1)
    ?.replace(/^murmur: /, '');
  const problem = said ? `${how} before the run was over: ${said}` : `${how} before the run was over`;
  return new MurmurError({ code: 'PEER_FAILED', peer, problem, mend: 'events.jsonl of the run tells how far it was' });
}
