import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  cifar10Archive,
  cifar10Mirrors,
  downloadArchive,
  type PublishedArchive,
} from '../../../src/datasets/cifar10-download.ts';
import { nodeDisk } from '../../../src/datasets/disk.ts';
import { tarBytes } from './tar-bytes.ts';

const contents = { 'one.bin': Buffer.alloc(3000, 'one'), 'two.bin': Buffer.from('two') };
const clock = { nowMs: () => 0, after: () => () => {} };

function described(name: string, content: Uint8Array) {
  return { name, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}

/** An archive of these files, and what is published of it. */
function published(files: Record<string, Uint8Array>, packed: Uint8Array = gzipSync(tarBytes(files))) {
  const members = Object.entries(contents).map(([name, content]) => described(name, content));
  return { packed, archive: { archive: described('all.tar.gz', packed), members } satisfies PublishedArchive };
}

let folder: string;
let requests: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmur-archive-'));
  requests = [];
});
afterEach(() => rm(folder, { recursive: true }));

function download({ packed, archive }: ReturnType<typeof published>, mirrors = ['http://home/']): Promise<void> {
  const fetch = async (url: string) => {
    requests.push(url);
    return new Response(new Uint8Array(packed));
  };
  return downloadArchive({ disk: nodeDisk, fetch: fetch as never, clock }, archive, folder, { mirrors });
}

describe('downloadArchive', () => {
  const good = published({ 'folder/one.bin': contents['one.bin'], 'folder/two.bin': contents['two.bin'] });

  it('fills the folder with the members alone, once', async () => {
    for (let time = 0; time < 2; time++) await download(good);
    expect((await readdir(folder)).sort()).toEqual(['one.bin', 'two.bin']);
    for (const [name, content] of Object.entries(contents)) {
      expect(content.equals(await readFile(join(folder, name)))).toBe(true);
    }
    expect(requests).toEqual(['http://home/all.tar.gz']);
  });

  it('mends a damaged member', async () => {
    await download(good);
    await writeFile(join(folder, 'two.bin'), 'tow');
    await download(good);
    expect(await readFile(join(folder, 'two.bin'), 'utf8')).toBe('two');
  });

  it.each([
    ['two.bin', 'lacks a member', published({ 'folder/one.bin': contents['one.bin'] })],
    ['two.bin', 'holds another one', published({ 'one.bin': contents['one.bin'], 'two.bin': Buffer.from('tow') })],
    ['gzip', 'is not packed', published({}, tarBytes(contents))],
    ['gzip', 'unpacks to far more', published({}, gzipSync(Buffer.alloc(2 ** 21)))],
  ])('refuses by its %s an archive that %s', async (field, _, wrong) => {
    const failure = expect.objectContaining({ code: 'DATA_CORRUPT', file: 'all.tar.gz', field });
    await expect(download(wrong)).rejects.toEqual(expect.objectContaining({ failure }));
  });

  it('refuses an archive of other bytes than were published', async () => {
    const { archive } = good;
    const failure = expect.objectContaining({ code: 'DATA_CORRUPT', field: 'sha256' });
    const packed = new Uint8Array(archive.archive.bytes);
    await expect(download({ packed, archive } as never)).rejects.toEqual(expect.objectContaining({ failure }));
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('what is published of CIFAR-10', () => {
  it('is one archive with six files, at a mirror that ends in a slash', () => {
    const { archive, members } = cifar10Archive;
    expect([archive, ...members].map(({ sha256 }) => sha256.length)).toEqual(Array(7).fill(64));
    for (const mirror of cifar10Mirrors) expect(mirror).toMatch(/^https:.*\/$/);
  });
});
