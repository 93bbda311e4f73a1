import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadCifar10, MAX_BATCH_BYTES, RECORD_BYTES } from '../../../src/datasets/cifar10.ts';
import { sampleSize } from '../../../src/datasets/dataset.ts';
import { nodeDisk } from '../../../src/datasets/disk.ts';

const packed = fileURLToPath(new URL('../../../../shared/datasets/cifar10', import.meta.url));
const trainFiles = [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`);
const all = { train: null, test: null };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmur-cifar10-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Records with these labels; every byte of a plane holds `10 * label + plane`, its first byte 255. */
function records(...labels: number[]): Uint8Array {
  const bytes = new Uint8Array(labels.length * RECORD_BYTES);
  labels.forEach((label, at) => {
    const record = bytes.subarray(at * RECORD_BYTES, (at + 1) * RECORD_BYTES);
    record[0] = label;
    for (let plane = 0; plane < 3; plane++) {
      record.fill(10 * label + plane, 1 + plane * 1024, 1 + (plane + 1) * 1024);
      record[1 + plane * 1024] = 255;
    }
  });
  return bytes;
}

async function writeAll(): Promise<void> {
  for (const [at, file] of trainFiles.entries()) await writeFile(join(folder, file), records(at, 9 - at));
  await writeFile(join(folder, 'test_batch.bin'), records(7, 8, 9));
}

function failing(failure: object) {
  return expect.objectContaining({ failure: expect.objectContaining(failure) });
}

describe('loadCifar10', () => {
  it('reads all files, in their order', async () => {
    await writeAll();
    const dataset = await loadCifar10(nodeDisk, folder, all);
    expect(dataset).toMatchObject({ name: 'cifar10', sampleShape: [32, 32, 3], classes: 10 });
    expect([...dataset.train.labels]).toEqual([0, 9, 1, 8, 2, 7, 3, 6, 4, 5]);
    expect([...dataset.test.labels]).toEqual([7, 8, 9]);
  });

  it('brings the channels of a pixel together and normalises each, at the offset', async () => {
    await writeAll();
    const { train } = await loadCifar10(nodeDisk, folder, all);
    const row = new Float32Array(3074).fill(-100);
    train.read(3, row, 1);
    const [mean, deviation] = [
      [0.4914, 0.4822, 0.4465],
      [0.247, 0.2435, 0.2616],
    ] as const;
    for (let pixel = 0; pixel < 1024; pixel++) {
      for (let channel = 0; channel < 3; channel++) {
        const share = (pixel === 0 ? 255 : 80 + channel) / 255;
        const expected = (share - mean[channel]!) / deviation[channel]!;
        expect(Math.abs(row[1 + 3 * pixel + channel]! - expected)).toBeLessThan(1e-6);
      }
    }
    expect([row[0], sampleSize({ sampleShape: [32, 32, 3] } as never)]).toEqual([-100, 3072]);
  });

  it('reads no more files than the asked samples need', async () => {
    await writeAll();
    for (const file of trainFiles.slice(2)) await rm(join(folder, file));
    const { train, test } = await loadCifar10(nodeDisk, folder, { train: 3, test: 1 });
    expect([[...train.labels], [...test.labels]]).toEqual([[0, 9, 1], [7]]);
  });

  it('refuses to take more samples than there are', async () => {
    await writeAll();
    const asked = loadCifar10(nodeDisk, folder, { train: 11, test: null });
    await expect(asked).rejects.toEqual(failing({ code: 'CONFIG_INVALID', field: 'data.train' }));
  });

  it('names a missing file, and says where it only needs unpacking', async () => {
    await writeAll();
    const path = join(folder, 'data_batch_4.bin');
    await rm(path);
    const missing = { code: 'DATA_MISSING', field: 'data.path', path };
    const toGive = expect.stringContaining('--set data.path=DIR');
    await expect(loadCifar10(nodeDisk, folder, all)).rejects.toEqual(failing({ ...missing, mend: toGive }));
    await writeFile(`${path}.xz`, 'packed');
    const toUnpack = expect.stringContaining(`unpack ${path}.xz`);
    await expect(loadCifar10(nodeDisk, folder, all)).rejects.toEqual(failing({ ...missing, mend: toUnpack }));
  });

  it.skipIf(!existsSync(packed))(
    'says so of files as they are handed round (skipped where shared/datasets/cifar10 is absent)',
    async () => {
      const mend = expect.stringContaining('unpack');
      await expect(loadCifar10(nodeDisk, packed, all)).rejects.toEqual(failing({ code: 'DATA_MISSING', mend }));
    },
  );

  it.each([
    ['size', 'is empty', new Uint8Array(0)],
    ['size', 'ends within a record', records(1, 2).subarray(1)],
    ['size', 'is larger than any published', new Uint8Array(MAX_BATCH_BYTES + RECORD_BYTES)],
    ['label 1', 'has a label beyond the classes', records(9, 10)],
  ])('refuses by its %s a file that %s', async (field, _, content) => {
    await writeAll();
    const file = join(folder, 'data_batch_2.bin');
    await writeFile(file, content);
    await expect(loadCifar10(nodeDisk, folder, all)).rejects.toEqual(failing({ code: 'DATA_CORRUPT', file, field }));
  });
});
