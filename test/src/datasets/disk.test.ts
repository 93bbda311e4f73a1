import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeDisk } from '../../../src/datasets/disk.ts';
import { failureOf } from '../../support/failures.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmur-disk-'));
  await writeFile(join(folder, 'file'), 'seven b');
  await mkdir(join(folder, 'folder'));
  await symlink('file', join(folder, 'link'));
  await symlink('nowhere', join(folder, 'dangling'));
  await symlink('circle', join(folder, 'circle'));
});
afterAll(() => rm(folder, { recursive: true }));

const read = (name: string, maxBytes = 100) => nodeDisk.read(join(folder, name), maxBytes);

test('reads files, and links to them, and takes everything else for none', async () => {
  expect(Buffer.from((await read('file'))!).toString()).toBe('seven b');
  expect(await read('link', 7)).toHaveLength(7);
  for (const name of ['absent', 'folder', 'dangling', 'file/within', 'folder/absent'])
    expect(await read(name)).toBeNull();
});

test('refuses what is larger than its bound before it reads it', async () => {
  const { failure } = await failureOf(read('file', 6), 'DATA_CORRUPT');
  expect(failure).toMatchObject({ field: 'size', problem: 'is 7 bytes where 6 are the most' });
});

test('a link in a circle is told with the path and how to mend it', async () => {
  const { failure } = await failureOf(read('circle'), 'DATA_MISSING');
  expect(failure).toMatchObject({ path: join(folder, 'circle'), mend: 'make the file readable (ELOOP)' });
});

test.skipIf(process.getuid?.() === 0)('a file without the right to read it is told so', async () => {
  await writeFile(join(folder, 'secret'), '');
  await chmod(join(folder, 'secret'), 0);
  const { failure } = await failureOf(read('secret'), 'DATA_MISSING');
  expect(failure).toMatchObject({ mend: 'make the file readable (EACCES)' });
});
