import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PeerEvent } from '../../peer/events.ts';

export const builtModule = fileURLToPath(new URL('../../dist/bin/murmur.js', import.meta.url));
/** Between two looks at something that another process does. */
const POLL_MS = 50;
const LAST_LINES = 8;
const LINE_LENGTH = 400;

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built command as a process of its own, leading a process group that all its children belong to. */
export class BuiltMurmur {
  readonly #child: ChildProcess;
  readonly #events: PeerEvent[] = [];
  /** Characters of the standard output that are among the events. */
  #parsed = 0;
  stdout = '';
  stderr = '';
  /** Resolves when it has ended and all its output is read. */
  readonly ended: Promise<Ended>;

  constructor(args: readonly string[], folder: string) {
    if (!existsSync(builtModule)) throw new Error('end-to-end tests run what is in dist: npm run build comes first');
    this.#child = spawn(process.execPath, [builtModule, ...args], {
      cwd: folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Asks for colours, as far as there are any: none may come through a pipe.
      env: { ...process.env, CI: 'true' },
    });
    this.#child.stdout!.on('data', (chunk) => (this.stdout += chunk));
    this.#child.stderr!.on('data', (chunk) => (this.stderr += chunk));
    this.ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (status, signal) =>
        resolve({ status, signal, stdout: this.stdout, stderr: this.stderr }),
      );
    });
  }

  /** What a peer started with `--json` has told so far. */
  events(): readonly PeerEvent[] {
    const end = this.stdout.lastIndexOf('\n') + 1;
    for (const line of wholeLines(this.stdout.slice(this.#parsed, end))) this.#events.push(JSON.parse(line));
    this.#parsed = end;
    return this.#events;
  }

  event<T extends PeerEvent['type']>(type: T): Extract<PeerEvent, { type: T }> | undefined {
    return this.events().find((event) => event.type === type) as Extract<PeerEvent, { type: T }> | undefined;
  }

  /** The first event of that type, once it has come. */
  async told<T extends PeerEvent['type']>(type: T): Promise<Extract<PeerEvent, { type: T }>> {
    await until(() => this.event(type) !== undefined || this.#child.exitCode !== null);
    const event = this.event(type);
    if (event === undefined) throw new Error(`ended without ${type}: ${this.stderr}`);
    return event;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** As a terminal does on Ctrl-C. */
  interruptGroup(): void {
    process.kill(-this.#child.pid!, 'SIGINT');
  }

  /** Whether it, or any process that it started, still runs. */
  groupRuns(): boolean {
    return groupRuns(this.#child.pid!);
  }

  /** The last lines of what it wrote: where a test failed, the best there is to tell why. */
  lastLines(): string {
    const lines = [...wholeLines(this.stdout), this.stderr].slice(-LAST_LINES);
    return lines.map((line) => line.slice(0, LINE_LENGTH)).join('\n');
  }

  /** Leaves nothing behind, whatever a failed test left running. */
  async destroy(): Promise<void> {
    if (this.groupRuns()) process.kill(-this.#child.pid!, 'SIGKILL');
    await this.ended;
  }
}

/** Waits for a condition that another process brings about. A test that waits in vain meets its timeout. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

/** The lines that are complete; the rest is still being written. */
export function wholeLines(text: string): string[] {
  return text.split('\n').slice(0, -1);
}

function groupRuns(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch {
    return false;
  }
  // Where nobody collects orphans, as in some containers, the dead stay in the process table.
  return !existsSync('/proc/self/stat') || readdirSync('/proc').some((pid) => livesIn(group, pid));
}

/** proc(5): `pid (name) state parent group ...`, where the name may hold anything. */
function livesIn(group: number, pid: string): boolean {
  if (!/^\d+$/.test(pid)) return false;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, , itsGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(itsGroup) === group && state !== 'Z';
  } catch {
    return false;
  }
}
