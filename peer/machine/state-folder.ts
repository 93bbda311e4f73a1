import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Disk, DRAFT_PREFIX } from '../../src/datasets/disk.ts';
import { isFailure, MurmurError } from '../../src/support/errors.ts';
import type { CheckpointStore } from '../checkpoint/checkpoint-store.ts';

/** A private key takes some 70 bytes. */
const MAX_KEY_BYTES = 4096;
/** Nobody else may read it, at no moment. */
const KEY_MODE = 0o600;
/** Another one after every start of the machine; Linux has it. */
const BOOT_ID_PATH = '/proc/sys/kernel/random/boot_id';

/**
 * What a peer keeps between its processes: the key that is its name, and its latest checkpoint. One process at a time
 * holds the folder, by a file that says which; that of a process that was killed is taken over.
 */
export class StateFolder {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly checkpoints: CheckpointStore;

  private constructor(disk: Disk, folder: string) {
    this.#disk = disk;
    this.#folder = folder;
    const place = join(folder, 'checkpoint');
    this.checkpoints = {
      place,
      load: (maxBytes) => usable(place, disk.read(place, maxBytes)),
      save: (checkpoint) => usable(place, disk.replace(place, checkpoint)),
    };
  }

  /** Makes the folder where there is none. Throws STATE_UNUSABLE where another process holds it, or it cannot be written. */
  static async open(disk: Disk, folder: string): Promise<StateFolder> {
    try {
      await mkdir(folder, { recursive: true });
      await lock(folder);
      const drafts = (await readdir(folder)).filter((name) => name.startsWith(DRAFT_PREFIX));
      for (const name of drafts) await rm(join(folder, name), { recursive: true, force: true });
    } catch (error) {
      throw isFailure(error) ? error : unusable(folder, `cannot be used (${codeOf(error)})`, 'name a writable folder');
    }
    return new StateFolder(disk, folder);
  }

  /** The key kept here, or else a new one, which is kept from now on. */
  async key<T>({ draw, read }: { draw: () => Promise<Uint8Array>; read: (bytes: Uint8Array) => T }): Promise<T> {
    const path = join(this.#folder, 'identity.key');
    let bytes = await usable(path, this.#disk.read(path, MAX_KEY_BYTES));
    if (bytes === null) {
      bytes = await draw();
      await usable(path, this.#disk.replace(path, bytes, KEY_MODE));
    }
    try {
      return read(bytes);
    } catch {
      throw unusable(
        path,
        'is no private key',
        'give the peer an empty --state folder: it then joins under a new name',
      );
    }
  }

  async close(): Promise<void> {
    await rm(lockIn(this.#folder), { force: true });
  }
}

const lockIn = (folder: string) => join(folder, 'lock');

async function lock(folder: string): Promise<void> {
  const path = lockIn(folder);
  const self: Holder = { pid: process.pid, boot: await bootId(), host: hostname() };
  for (;;) {
    if (await take(path, self)) return;
    const content = await contentOf(path);
    // Let go meanwhile.
    if (content === null) continue;
    const holder = readHolder(content);
    if (holder !== null && mayRun(holder, self)) throw inUse(path, holder);
    await removeStale(path, content);
  }
}

/** A process, as its lock names it. */
interface Holder {
  readonly pid: number;
  /** Since which start of its machine; `-` where the system does not tell. */
  readonly boot: string;
  readonly host: string;
}

/** Null where a lock holds something else: no process of this program wrote it. */
function readHolder(content: string): Holder | null {
  const [, pid, boot, host] = /^(\d+) (\S+) (.+)\n$/.exec(content) ?? [];
  return pid === undefined ? null : { pid: Number(pid), boot: boot!, host: host! };
}

async function bootId(): Promise<string> {
  return (await readFile(BOOT_ID_PATH, 'utf8').catch(() => '')).trim() || '-';
}

/** The lock appears with its content, so that nobody finds it empty. */
async function take(path: string, { pid, boot, host }: Holder): Promise<boolean> {
  const draft = `${path}.${host}.${pid}`;
  await writeFile(draft, `${pid} ${boot} ${host}\n`);
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Null where there is no lock. */
async function contentOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Whether a holder may still run, which cannot be known of another host: containers on one volume are such. Ids are given
 * again: after a start of the machine, or in a container that restarts, where a process often gets that of the one before.
 */
function mayRun({ pid, boot, host }: Holder, self: Holder): boolean {
  if (host !== self.host) return true;
  if (boot !== self.boot || pid === self.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** Two processes may find the same lock stale: it is moved away first, and back where it is by then another's. */
async function removeStale(path: string, content: string): Promise<void> {
  const aside = `${path}.${hostname()}.${process.pid}.stale`;
  try {
    await rename(path, aside);
    if ((await contentOf(aside)) !== content) await link(aside, path).catch(() => {});
    await rm(aside, { force: true });
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

/** Failures of the disk speak of data sets. */
async function usable<T>(path: string, action: Promise<T>): Promise<T> {
  try {
    return await action;
  } catch (error) {
    if (!isFailure(error)) throw error;
    const { failure } = error;
    const problem = failure.code === 'DATA_CORRUPT' ? failure.problem : 'cannot be read or written';
    throw unusable(path, problem, failure.code === 'DATA_MISSING' ? failure.mend : 'name another --state folder');
  }
}

function inUse(path: string, { pid, host }: Holder): MurmurError {
  const mend = `give every peer a --state folder of its own; where that process is gone, delete ${path}`;
  return unusable(path, `process ${pid} on ${host} holds this folder`, mend);
}

function unusable(path: string, problem: string, mend: string): MurmurError {
  return new MurmurError({ code: 'STATE_UNUSABLE', path, problem, mend });
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
