import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StateFolder } from '../../../peer/machine/state-folder.ts';
import { identityKey } from '../../../protocols/libp2p/identity-key.ts';
import { type Disk, nodeDisk } from '../../../src/datasets/disk.ts';
import { failureOf } from '../../support/failures.ts';

let root: string;
let folder: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'murmur-state-'));
  folder = join(root, 'new', 'state');
});
afterEach(() => rm(root, { recursive: true }));

const open = () => StateFolder.open(nodeDisk, folder);

test('a peer keeps its key and its latest checkpoint', async () => {
  const first = await open();
  const key = await first.key(identityKey);
  expect(await first.checkpoints.load(100)).toBe(null);
  await first.checkpoints.save(Uint8Array.of(1, 2, 3));
  await first.checkpoints.save(Uint8Array.of(4));
  await first.close();
  expect((await readdir(folder)).sort()).toEqual(['checkpoint', 'identity.key']);
  expect((await stat(join(folder, 'identity.key'))).mode & 0o777).toBe(0o600);
  const second = await open();
  expect((await second.key(identityKey)).publicKey.toString()).toBe(key.publicKey.toString());
  expect([...(await second.checkpoints.load(100))!]).toEqual([4]);
});

test('only one process at a time holds a folder; that of a dead one is taken over, with the drafts it left', async () => {
  await mkdir(join(folder, '.draft-xyz'), { recursive: true });
  const path = join(folder, 'lock');
  const own = await open();
  const lock = await readFile(path, 'utf8');
  await own.close();
  const dead = spawnSync(process.execPath, ['--version']).pid;
  const [, boot, host] = lock.trim().split(' ');
  // The test runner's parent lives as long as the test. Nothing is known of other hosts.
  const other = process.ppid;
  for (const [pid, where] of [
    [other, host],
    [process.pid, 'elsewhere'],
    [dead, 'elsewhere'],
  ] as const) {
    await writeFile(path, `${pid} ${boot} ${where}\n`);
    const { failure } = await failureOf(open(), 'STATE_UNUSABLE');
    const problem = expect.stringContaining(`${pid} on ${where}`);
    expect(failure).toMatchObject({ path, problem, mend: expect.stringContaining(`delete ${path}`) });
  }
  // Before this start of the machine it was another process that had the id.
  for (const left of [`${dead} ${boot} ${host}\n`, lock, `${other} before ${host}\n`, '', 'something else\n']) {
    await writeFile(path, left);
    await (await open()).close();
  }
  expect(await readdir(folder)).toEqual([]);
});

test('nobody else can read the key, at no moment', async () => {
  const modes: number[] = [];
  const watched: Disk = {
    ...nodeDisk,
    replace: async (path, ...rest) => {
      await nodeDisk.replace(path, ...rest);
      modes.push((await stat(path)).mode & 0o777);
    },
  };
  await (await StateFolder.open(watched, folder)).key(identityKey);
  expect(modes).toEqual([0o600]);
});

test('what cannot be used is named, with the mend', async () => {
  const state = await open();
  await writeFile(join(folder, 'identity.key'), 'no key');
  expect((await failureOf(state.key(identityKey), 'STATE_UNUSABLE')).failure).toMatchObject({
    path: join(folder, 'identity.key'),
  });
  await writeFile(join(folder, 'checkpoint'), 'too long');
  expect((await failureOf(state.checkpoints.load(4), 'STATE_UNUSABLE')).failure).toMatchObject({
    path: join(folder, 'checkpoint'),
  });
  await writeFile(join(root, 'file'), '');
  folder = join(root, 'file', 'state');
  await failureOf(open(), 'STATE_UNUSABLE');
});
