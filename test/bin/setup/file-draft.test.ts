import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileDraft } from '../../../bin/setup/file-draft.ts';
import { fetchFile } from '../../../src/support/download.ts';
import { systemClock } from '../../../src/support/system-clock.ts';
import { failureOf } from '../../support/failures.ts';
import { httpServers } from '../../support/http-server.ts';

const content = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251));
const file = { name: 'wheel', bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };

let folder: string;
let path: string;
let ranges: (string | undefined)[];
const serve = httpServers();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmur-draft-'));
  path = join(folder, 'downloads', 'wheel');
  ranges = [];
});
afterEach(() => rm(folder, { recursive: true }));

const from = (range: string) => Number(/^bytes=(\d+)-$/.exec(range)![1]);
/** Gives what is asked for. */
const ranged: RequestListener = ({ headers }, response) => {
  ranges.push(headers.range);
  if (headers.range === undefined) return response.end(content);
  const start = from(headers.range);
  response.writeHead(206, { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` });
  response.end(content.subarray(start));
};
const whole: RequestListener = ({ headers }, response) => {
  ranges.push(headers.range);
  response.end(content);
};
/** Gives the beginning and no more. */
const stalled: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-length': content.length });
  response.write(content.subarray(0, 60_000));
};

async function download(
  listener: RequestListener,
  onProgress?: (file: string, bytes: number) => void,
  signal?: AbortSignal,
) {
  const draft = await FileDraft.open(path);
  const options = { onProgress, signal, mend: 'again' };
  try {
    await fetchFile({ fetch, clock: systemClock }, file, await serve(listener), draft, options);
  } finally {
    await draft.close();
  }
}

/** Ends once something is there, and returns how much. */
async function interruptedDownload(): Promise<number> {
  const stop = new AbortController();
  await expect(download(stalled, () => stop.abort(), stop.signal)).rejects.toThrow();
  return (await readFile(path)).length;
}

describe('a download into a file', () => {
  it('brings the file, and asks for nothing where it is there', async () => {
    const progress: number[] = [];
    for (let time = 0; time < 2; time++) await download(ranged, (_, bytes) => progress.push(bytes));
    expect(content.equals(await readFile(path))).toBe(true);
    expect(progress.filter((bytes) => bytes === content.length)).toHaveLength(1);
    expect(ranges).toEqual([undefined]);
  });

  it('goes on where it broke off', async () => {
    const length = await interruptedDownload();
    expect(length).toBeGreaterThan(0);
    await download(ranged, (_, bytes) => expect(bytes).toBeGreaterThan(length));
    expect(ranges).toEqual([`bytes=${length}-`]);
    expect(content.equals(await readFile(path))).toBe(true);
  });

  it('starts anew where the server gives all, whatever it was asked for', async () => {
    const length = await interruptedDownload();
    await download(whole);
    expect(ranges).toEqual([`bytes=${length}-`]);
    expect(content.equals(await readFile(path))).toBe(true);
  });

  it.each([
    ['changed', Buffer.alloc(500)],
    ['changed and of the right size', Buffer.alloc(content.length)],
    ['too large', Buffer.alloc(content.length + 1)],
  ])('refuses what lies there %s, and takes it anew the next time', async (_, damaged) => {
    await download(ranged);
    await writeFile(path, damaged);
    const { failure } = await failureOf(download(ranged), 'DATA_CORRUPT');
    expect(failure).toMatchObject({ mend: 'again' });
    await download(ranged);
    expect(content.equals(await readFile(path))).toBe(true);
  });
});
