import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DIGITS_TEST, DIGITS_TRAIN } from '../../../src/datasets/digits.ts';
import { nodeDisk } from '../../../src/datasets/disk.ts';
import { type LoadComponents, loadDataset } from '../../../src/datasets/load.ts';

const published = fileURLToPath(new URL('../../../../shared/datasets/mnist/', import.meta.url));
const clock = { nowMs: () => 0, after: () => () => {} };
const digits = { kind: 'digits', path: null, train: null, test: null, labelsPerPeer: null } as const;

let cacheFolder: string;
beforeEach(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), 'murmur-cache-'));
});
afterEach(() => rm(cacheFolder, { recursive: true }));

function components(mirrors: string[]): LoadComponents {
  return { fetch, disk: nodeDisk, clock, cacheFolder, mirrors };
}

describe('loadDataset', () => {
  it('generates digits: as many as asked for, or the default', async () => {
    const whole = await loadDataset(digits, 1, components([]));
    expect([whole.name, whole.train.count, whole.test.count]).toEqual(['digits', DIGITS_TRAIN, DIGITS_TEST]);
    const few = await loadDataset({ ...digits, train: 30, test: 20 }, 1, components([]));
    expect([few.train.count, few.test.count]).toEqual([30, 20]);
    const other = await loadDataset({ ...digits, train: 30, test: 20 }, 2, components([]));
    expect(other.train.labels).not.toEqual(few.train.labels);
  });

  it('looks for MNIST in the given folder alone', async () => {
    const data = { ...digits, kind: 'mnist', path: join(cacheFolder, 'mine') } as const;
    const failure = { code: 'DATA_MISSING', path: join(cacheFolder, 'mine', 'train-images-idx3-ubyte') };
    await expect(loadDataset(data, 1, components([]))).rejects.toMatchObject({ failure });
  });

  it.skipIf(!existsSync(published))(
    'fetches MNIST into the cache once (skipped where shared/datasets/mnist is absent)',
    async () => {
      const requests: string[] = [];
      const server = createServer(async (request, response) => {
        requests.push(request.url!);
        response.end(await readFile(join(published, request.url!)));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const mirrors = [`http://127.0.0.1:${(server.address() as AddressInfo).port}/`];
      const data = { ...digits, kind: 'mnist', train: 1000 } as const;
      for (let run = 0; run < 2; run++) {
        const { train, test } = await loadDataset(data, 1, components(mirrors));
        expect([train.count, test.count]).toEqual([1000, 10_000]);
      }
      expect(requests.length).toBe(4);
      server.closeAllConnections();
      server.close();
    },
  );
});
