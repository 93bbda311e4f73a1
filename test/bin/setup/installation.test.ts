import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isInstalled, recordInstallation } from '../../../bin/setup/installation.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmur-installation-'));
  await writeFile(join(folder, 'library'), 'code');
});
afterEach(() => rm(folder, { recursive: true }));

it('is there once it is recorded, of these parts and with files unchanged', async () => {
  expect(await isInstalled(folder, ['a@1', 'b'])).toBe(false);
  await recordInstallation(folder, ['a@1', 'b'], ['library']);
  expect(await isInstalled(folder, ['a@1', 'b'])).toBe(true);
  expect(await isInstalled(folder, ['a@2', 'b'])).toBe(false);
  await writeFile(join(folder, 'library'), 'odec');
  expect(await isInstalled(folder, ['a@1', 'b'])).toBe(false);
  await rm(join(folder, 'library'));
  expect(await isInstalled(folder, ['a@1', 'b'])).toBe(false);
});

it('is not there where its record is spoiled', async () => {
  await writeFile(join(folder, 'installation.json'), '{"parts":["a"]');
  expect(await isInstalled(folder, ['a'])).toBe(false);
  await writeFile(join(folder, 'installation.json'), '{"parts":["a"],"files":[]}');
  expect(await isInstalled(folder, ['a'])).toBe(false);
});
