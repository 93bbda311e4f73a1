import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeDisk } from '../../../src/datasets/disk.ts';
import { downloadFiles, mnistFiles, mnistMirrors } from '../../../src/datasets/download.ts';
import type { Clock } from '../../../src/support/clock.ts';
import type { PublishedFile } from '../../../src/support/download.ts';

const contents: Record<string, Buffer> = {
  'images.gz': Buffer.alloc(300_000, 'pixels'),
  'labels.gz': Buffer.from('labels'),
};
const files: PublishedFile[] = Object.entries(contents).map(([name, content]) => ({
  name,
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
}));

const systemClock: Clock = {
  nowMs: () => performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
};
/** A clock by which every wait is over at once. */
const hastyClock: Clock = { ...systemClock, after: (_, action) => systemClock.after(0, action) };

let folder: string;
let servers: Server[];
let requests: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmur-download-'));
  servers = [];
  requests = [];
});
afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  await rm(folder, { recursive: true });
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer((request, response) => {
    requests.push(request.url!);
    listener(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const good: RequestListener = (request, response) => response.end(contents[request.url!.slice(1)]);
const absent: RequestListener = (_, response) => response.writeHead(404).end('no such file');
const truncated: RequestListener = (request, response) => {
  const content = contents[request.url!.slice(1)]!;
  response.writeHead(200, { 'content-length': content.length });
  response.write(content.subarray(0, content.length / 2), () => response.destroy());
};
const short: RequestListener = (request, response) => response.end(contents[request.url!.slice(1)]!.subarray(1));
const wrong: RequestListener = (request, response) =>
  response.end(Buffer.alloc(contents[request.url!.slice(1)]!.length));
const endless: RequestListener = (_, response) => {
  const more = () => response.write(Buffer.alloc(65_536), (error) => error || setImmediate(more));
  more();
};
const silent: RequestListener = (_, response) => response.flushHeaders();

function download(
  mirrors: string[],
  clock = systemClock,
  onProgress?: (file: string, bytes: number, total: number) => void,
) {
  return downloadFiles({ fetch, disk: nodeDisk, clock }, files, folder, { mirrors, onProgress });
}

function failing(failure: object) {
  return expect.objectContaining({ failure: expect.objectContaining(failure) });
}

async function expectWhole(): Promise<void> {
  expect((await readdir(folder)).sort()).toEqual(Object.keys(contents));
  for (const [name, content] of Object.entries(contents)) {
    expect(content.equals(await readFile(join(folder, name)))).toBe(true);
  }
}

describe('downloadFiles', () => {
  it('fills the folder, tells how far it is, and asks for nothing twice', async () => {
    const mirror = await serve(good);
    const progress: [string, number, number][] = [];
    await download([mirror], systemClock, (...step) => progress.push(step));
    await expectWhole();
    expect(progress.filter(([, bytes, total]) => bytes === total)).toEqual(
      files.map(({ name, bytes }) => [name, bytes, bytes]),
    );
    await download([mirror]);
    expect(requests).toEqual(['/images.gz', '/labels.gz']);
  });

  it.each([
    ['cut short', Buffer.from('lab')],
    ['changed', Buffer.from('babels')],
    ['too large', Buffer.alloc(100)],
  ])('fetches anew a file that lies there %s', async (_, damaged) => {
    await writeFile(join(folder, 'labels.gz'), damaged);
    await download([await serve(good)]);
    await expectWhole();
  });

  it.each([
    ['has no such file', absent],
    ['breaks off', truncated],
    ['sends other bytes', wrong],
    ['sends too much', endless],
  ])('goes on to the next mirror where one %s', async (_, listener) => {
    await download([await serve(listener), await serve(good)]);
    await expectWhole();
  });

  it.each([
    ['404', absent],
    ['a truncated answer', truncated],
  ])('says how to give the files by hand after %s', async (_, listener) => {
    const mend = expect.stringContaining('--set data.path=DIR');
    const failure = { code: 'DATA_MISSING', field: 'data.path', path: join(folder, 'images.gz'), mend };
    await expect(download([await serve(listener)])).rejects.toEqual(failing(failure));
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['sha256', wrong],
    ['size', short],
    ['size', endless],
  ])('refuses bytes of the wrong %s', async (field, listener) => {
    const mirror = await serve(listener);
    const failure = {
      code: 'DATA_CORRUPT',
      file: `${mirror}images.gz`,
      field,
      mend: expect.stringContaining('--set data.path=DIR'),
    };
    await expect(download([mirror])).rejects.toEqual(failing(failure));
    expect(await readdir(folder)).toEqual([]);
  });

  it('asks for the bytes as they are, so that nothing unpacks them on the way', async () => {
    const encodings: unknown[] = [];
    const mirror = await serve((request, response) => {
      encodings.push(request.headers['accept-encoding']);
      good(request, response);
    });
    await download([mirror]);
    expect(encodings).toEqual(['identity', 'identity']);
  });

  it('gives up a mirror that is silent', async () => {
    await expect(download([await serve(silent)], hastyClock)).rejects.toEqual(failing({ code: 'DATA_MISSING' }));
  });

  it('ends early when it is told to, and asks no other mirror', async () => {
    const stop = new AbortController();
    const silence = await serve((...exchange) => {
      silent(...exchange);
      stop.abort();
    });
    const options = { mirrors: [silence, await serve(good)], signal: stop.signal };
    await downloadFiles({ fetch, disk: nodeDisk, clock: systemClock }, files, folder, options);
    expect(requests).toEqual(['/images.gz']);
    expect(await readdir(folder)).toEqual([]);
  });

  it('gives up a mirror that does not answer', async () => {
    const mirror = await serve(good);
    await new Promise((resolve) => servers.pop()!.close(resolve));
    await expect(download([mirror])).rejects.toEqual(failing({ code: 'DATA_MISSING' }));
  });

  it('says so where the folder cannot be made', async () => {
    await writeFile(join(folder, 'occupied'), '');
    const options = { mirrors: [await serve(good)] };
    const place = join(folder, 'occupied', 'cache');
    const running = downloadFiles({ fetch, disk: nodeDisk, clock: systemClock }, files, place, options);
    await expect(running).rejects.toEqual(failing({ code: 'DATA_MISSING', path: join(place, 'images.gz') }));
  });

  it('may run many times at once', async () => {
    const mirror = await serve(good);
    await Promise.all(Array.from({ length: 8 }, () => download([mirror])));
    await expectWhole();
  });
});

describe('what is published of MNIST', () => {
  it('is four files with their sums, at mirrors that end in a slash', () => {
    expect(mnistFiles.map(({ sha256 }) => sha256.length)).toEqual([64, 64, 64, 64]);
    for (const mirror of mnistMirrors) expect(mirror).toMatch(/^https:.*\/$/);
  });
});
