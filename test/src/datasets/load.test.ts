import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DIGITS_TEST, DIGITS_TRAIN } from '../../../src/datasets/digits.ts';
import { nodeDisk } from '../../../src/datasets/disk.ts';
import { fetchDataset, loadDataset } from '../../../src/datasets/load.ts';
import type { Manifest } from '../../../src/manifest.ts';
import { idxBytes } from './idx-bytes.ts';

const published = fileURLToPath(new URL('../../../../shared/datasets/mnist/', import.meta.url));
const clock = { nowMs: () => 0, after: () => () => {} };
const digits = { kind: 'digits', path: null, train: null, test: null, labelsPerPeer: null } as const;

let cacheFolder: string;
beforeEach(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), 'murmur-cache-'));
});
afterEach(() => rm(cacheFolder, { recursive: true }));

const load = (data: Manifest['data'], seed = 1) => loadDataset(data, seed, { disk: nodeDisk, cacheFolder });

describe('a data set', () => {
  it('generates digits: as many as asked for, or the default', async () => {
    const whole = await load(digits);
    expect([whole.name, whole.train.count, whole.test.count]).toEqual(['digits', DIGITS_TRAIN, DIGITS_TEST]);
    const few = await load({ ...digits, train: 30, test: 20 });
    expect([few.train.count, few.test.count]).toEqual([30, 20]);
    const other = await load({ ...digits, train: 30, test: 20 }, 2);
    expect(other.train.labels).not.toEqual(few.train.labels);
  });

  it('looks for MNIST in the given folder alone', async () => {
    const data = { ...digits, kind: 'mnist', path: join(cacheFolder, 'mine') } as const;
    const failure = { code: 'DATA_MISSING', path: join(cacheFolder, 'mine', 'train-images-idx3-ubyte') };
    await expect(load(data)).rejects.toMatchObject({ failure });
  });

  it('looks for MNIST in the cache folder otherwise, and fetches nothing', async () => {
    const failure = { code: 'DATA_MISSING', path: join(cacheFolder, 'mnist', 'train-images-idx3-ubyte') };
    await expect(load({ ...digits, kind: 'mnist' })).rejects.toMatchObject({ failure });
  });

  it('takes the cached files as they are: whoever filled the cache has checked their sums', async () => {
    await mkdir(join(cacheFolder, 'mnist'));
    for (const [split, labels] of Object.entries({ train: [1, 2, 3], t10k: [4] })) {
      const files = {
        'images-idx3': idxBytes([labels.length, 2, 2], new Uint8Array(4 * labels.length)),
        'labels-idx1': idxBytes([labels.length], Uint8Array.from(labels)),
      };
      for (const [name, content] of Object.entries(files)) {
        await writeFile(join(cacheFolder, 'mnist', `${split}-${name}-ubyte`), content);
      }
    }
    const { train, test } = await load({ ...digits, kind: 'mnist' });
    expect([[...train.labels], [...test.labels]]).toEqual([[1, 2, 3], [4]]);
  });

  it('looks for CIFAR-10 in the given folder, or in the cache', async () => {
    for (const path of [join(cacheFolder, 'mine'), null]) {
      const missing = join(path ?? join(cacheFolder, 'cifar10'), 'data_batch_1.bin');
      const failure = { code: 'DATA_MISSING', path: missing };
      await expect(load({ ...digits, kind: 'cifar10', path })).rejects.toMatchObject({ failure });
    }
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
        await fetchDataset(data, cacheFolder, { fetch, disk: nodeDisk, clock }, { mirrors });
        const { train, test } = await load(data);
        expect([train.count, test.count]).toEqual([1000, 10_000]);
      }
      expect(requests.length).toBe(4);
      server.closeAllConnections();
      server.close();
    },
  );
});
