import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeDisk } from '../../../src/datasets/disk.ts';
import { parseIdx } from '../../../src/datasets/idx.ts';
import { loadMnist, type MnistArrays, mnistDataset } from '../../../src/datasets/mnist.ts';
import { idxBytes } from './idx-bytes.ts';

const all = { train: null, test: null };
const published = fileURLToPath(new URL('../../../../shared/datasets/mnist', import.meta.url));

function failing(failure: object) {
  return expect.objectContaining({ failure: expect.objectContaining(failure) });
}

function arrays(changes: Partial<MnistArrays> = {}): MnistArrays {
  const images = (file: string, count: number) =>
    parseIdx(
      file,
      idxBytes(
        [count, 2, 3],
        Uint8Array.from({ length: count * 6 }, (_, at) => at * 5),
      ),
      3,
    );
  const labels = (file: string, values: number[]) =>
    parseIdx(file, idxBytes([values.length], Uint8Array.from(values)), 1);
  return {
    trainImages: images('train-images', 4),
    trainLabels: labels('train-labels', [3, 0, 9, 1]),
    testImages: images('test-images', 2),
    testLabels: labels('test-labels', [5, 6]),
    ...changes,
  };
}

describe('mnistDataset', () => {
  it('reads samples scaled to [0, 1], at the offset', () => {
    const dataset = mnistDataset(arrays(), all);
    expect(dataset).toMatchObject({ name: 'mnist', sampleShape: [2, 3], classes: 10 });
    expect([...dataset.train.labels]).toEqual([3, 0, 9, 1]);
    const row = new Float32Array(8).fill(-1);
    dataset.train.read(1, row, 1);
    expect([...row]).toEqual([-1, ...[30, 35, 40, 45, 50, 55].map((byte) => Math.fround(byte / 255)), -1]);
  });

  it('takes the first samples where asked for fewer', () => {
    const { train, test } = mnistDataset(arrays(), { train: 3, test: 1 });
    expect([train.count, test.count]).toEqual([3, 1]);
    expect([...train.labels]).toEqual([3, 0, 9]);
  });

  it('refuses to take more samples than there are', () => {
    expect(() => mnistDataset(arrays(), { train: null, test: 3 })).toThrow(
      failing({ code: 'CONFIG_INVALID', field: 'data.test' }),
    );
  });

  it('refuses a label beyond the ten classes', () => {
    const testLabels = parseIdx('test-labels', idxBytes([2], Uint8Array.of(1, 10)), 1);
    const failure = { code: 'DATA_CORRUPT', file: 'test-labels', field: 'label 1' };
    expect(() => mnistDataset(arrays({ testLabels }), all)).toThrow(failing(failure));
  });

  it('refuses labels that are not as many as the images', () => {
    const trainLabels = parseIdx('train-labels', idxBytes([3], Uint8Array.of(1, 2, 3)), 1);
    const failure = { code: 'DATA_CORRUPT', file: 'train-labels', field: 'shape[0]' };
    expect(() => mnistDataset(arrays({ trainLabels }), all)).toThrow(failing(failure));
  });

  it('refuses images of two shapes', () => {
    const testImages = parseIdx('test-images', idxBytes([2, 3, 2], new Uint8Array(12)), 3);
    const failure = { code: 'DATA_CORRUPT', file: 'test-images', field: 'shape' };
    expect(() => mnistDataset(arrays({ testImages }), all)).toThrow(failing(failure));
  });
});

describe('loadMnist', () => {
  let folder: string;
  const contents = {
    'train-images': idxBytes([2, 1, 2], Uint8Array.of(1, 2, 3, 4)),
    'train-labels': idxBytes([2], Uint8Array.of(7, 8)),
    't10k-images': idxBytes([1, 1, 2], Uint8Array.of(5, 6)),
    't10k-labels': idxBytes([1], Uint8Array.of(9)),
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'murmur-mnist-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function write(spell: (name: string, dimensions: number) => string, packed: boolean): Promise<void> {
    for (const [name, content] of Object.entries(contents)) {
      const path = join(folder, spell(name, name.endsWith('images') ? 3 : 1));
      await writeFile(path, packed ? gzipSync(content) : content);
    }
  }

  it.each([
    ['as published, packed', (name: string, dimensions: number) => `${name}-idx${dimensions}-ubyte.gz`, true],
    ['as published, unpacked', (name: string, dimensions: number) => `${name}-idx${dimensions}-ubyte`, false],
    ['spelt with a dot', (name: string, dimensions: number) => `${name}.idx${dimensions}-ubyte`, false],
    ['spelt with a dot, packed', (name: string, dimensions: number) => `${name}.idx${dimensions}-ubyte.gz`, true],
    ['packed without saying so', (name: string, dimensions: number) => `${name}-idx${dimensions}-ubyte`, true],
  ])('reads any data set of the format: %s', async (_, spell, packed) => {
    await write(spell, packed);
    const { train, test } = await loadMnist(nodeDisk, folder, all);
    expect([...train.labels, ...test.labels]).toEqual([7, 8, 9]);
  });

  it('names the folder that is not there', async () => {
    const path = join(folder, 'absent', 'train-images-idx3-ubyte');
    const failure = {
      code: 'DATA_MISSING',
      field: 'data.path',
      path,
      mend: expect.stringContaining('--set data.path='),
    };
    await expect(loadMnist(nodeDisk, join(folder, 'absent'), all)).rejects.toEqual(failing(failure));
  });

  it('names the file that is missing', async () => {
    await write((name, dimensions) => `${name}-idx${dimensions}-ubyte`, false);
    await rm(join(folder, 't10k-labels-idx1-ubyte'));
    const failure = { code: 'DATA_MISSING', path: join(folder, 't10k-labels-idx1-ubyte') };
    await expect(loadMnist(nodeDisk, folder, all)).rejects.toEqual(failing(failure));
  });

  it('takes a folder in place of a file for a missing file', async () => {
    await mkdir(join(folder, 'train-images-idx3-ubyte'));
    await expect(loadMnist(nodeDisk, folder, all)).rejects.toEqual(failing({ code: 'DATA_MISSING' }));
  });

  it('names the file that is broken', async () => {
    await write((name, dimensions) => `${name}-idx${dimensions}-ubyte`, false);
    const file = join(folder, 'train-labels-idx1-ubyte');
    await writeFile(file, 'not labels at all');
    await expect(loadMnist(nodeDisk, folder, all)).rejects.toEqual(
      failing({ code: 'DATA_CORRUPT', file, field: 'magic' }),
    );
  });

  it.skipIf(!existsSync(published))(`reads MNIST itself (skipped where shared/datasets/mnist is absent)`, async () => {
    const { train, test, sampleShape } = await loadMnist(nodeDisk, published, all);
    expect([train.count, test.count, ...sampleShape]).toEqual([60_000, 10_000, 28, 28]);
    // The first labels, and the share of ink that the literature gives as the mean of the training set.
    expect([...train.labels.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9]);
    expect([...test.labels.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4]);
    const sample = new Float32Array(784);
    let sum = 0;
    for (let index = 0; index < train.count; index++) {
      train.read(index, sample, 0);
      for (const level of sample) sum += level;
    }
    expect(sum / (train.count * 784)).toBeCloseTo(0.1307, 4);
  });
});
