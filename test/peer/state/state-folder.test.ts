import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StateFolder } from '../../../peer/state/state-folder.ts';
import { identityKey } from '../../../protocols/libp2p/identity-key.ts';
import { nodeDisk } from '../../../src/datasets/disk.ts';
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
  // The test runner's parent lives as long as the test.
  await writeFile(join(folder, 'lock'), `${process.ppid}\n`);
  const { failure } = await failureOf(open(), 'STATE_UNUSABLE');
  expect(failure).toMatchObject({ path: join(folder, 'lock'), problem: expect.stringContaining(`${process.ppid}`) });
  const dead = spawnSync(process.execPath, ['--version']).pid;
  for (const left of [`${dead}\n`, `${process.pid}\n`, '']) {
    await writeFile(join(folder, 'lock'), left);
    await (await open()).close();
  }
  expect(await readdir(folder)).toEqual([]);
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
