import { join } from 'node:path';
import { MurmurError } from '../support/errors.ts';
import type { Dataset, Split } from './dataset.ts';
import type { Disk } from './disk.ts';
import { type SampleCounts, usedSamples } from './sample-counts.ts';

const CLASSES = 10;
const SIDE = 32;
const PIXELS = SIDE * SIDE;
const CHANNELS = 3;
/** A label and the pixels of one channel after the other (the CIFAR-10 page, "Binary version"). */
export const RECORD_BYTES = 1 + CHANNELS * PIXELS;
/** The most bytes of one file: the ten thousand records that each has as published. */
export const MAX_BATCH_BYTES = 10_000 * RECORD_BYTES;

const TRAIN_FILES = [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`);
const TEST_FILES = ['test_batch.bin'];

/** Mean and standard deviation of each channel over the training set's pixels, as shares of 255: computed from the files. */
const MEAN = [0.4914, 0.4822, 0.4465] as const;
const DEVIATION = [0.247, 0.2435, 0.2616] as const;

/**
 * Reads the files of `folder` in CIFAR-10's binary version (Krizhevsky, "Learning multiple layers of features from tiny
 * images", 2009), as many as the asked samples need. Pixels stay bytes until they are read.
 *
 * @throws DATA_MISSING where a file is absent, DATA_CORRUPT where one is no such file, CONFIG_INVALID where there are
 *   fewer samples than asked for
 */
export async function loadCifar10(disk: Disk, folder: string, counts: SampleCounts): Promise<Dataset> {
  return {
    name: 'cifar10',
    sampleShape: [SIDE, SIDE, CHANNELS],
    classes: CLASSES,
    train: await readSplit(disk, folder, 'train', TRAIN_FILES, counts),
    test: await readSplit(disk, folder, 'test', TEST_FILES, counts),
  };
}

async function readSplit(
  disk: Disk,
  folder: string,
  name: keyof SampleCounts,
  files: readonly string[],
  counts: SampleCounts,
): Promise<Split> {
  const asked = counts[name];
  const batches: Uint8Array[] = [];
  let present = 0;
  for (const file of files) {
    if (asked !== null && present >= asked) break;
    const batch = await readBatch(disk, join(folder, file));
    batches.push(batch);
    present += batch.length / RECORD_BYTES;
  }
  return new RecordSplit(batches, usedSamples(name, asked, present, folder));
}

async function readBatch(disk: Disk, path: string): Promise<Uint8Array> {
  const content = await disk.read(path, MAX_BATCH_BYTES);
  if (content === null) throw await missing(disk, path);
  if (content.length === 0 || content.length % RECORD_BYTES !== 0) {
    throw corrupt(path, 'size', `is ${content.length} bytes, not a multiple of the ${RECORD_BYTES} of a sample`);
  }
  for (let at = 0; at < content.length; at += RECORD_BYTES) {
    if (content[at]! < CLASSES) continue;
    throw corrupt(path, `label ${at / RECORD_BYTES}`, `is ${content[at]} where ${CLASSES - 1} is the highest`);
  }
  return content;
}

async function missing(disk: Disk, path: string): Promise<MurmurError> {
  const packed = await disk.read(`${path}.xz`, MAX_BATCH_BYTES);
  const mend = packed
    ? `unpack ${path}.xz and its like first, as with "xz --decompress": Node.js cannot`
    : 'name the folder that holds the six .bin files with --set data.path=DIR, or leave data.path out to have CIFAR-10 downloaded';
  return new MurmurError({ code: 'DATA_MISSING', field: 'data.path', path, mend });
}

/** Records of several files, one behind the other. */
class RecordSplit implements Split {
  readonly count: number;
  readonly labels: Uint8Array;
  readonly #batches: readonly Uint8Array[];
  /** Which batch each sample is in, and each batch's first sample. */
  readonly #batchOf: Uint8Array;
  readonly #firstOf: Uint32Array;

  constructor(batches: readonly Uint8Array[], count: number) {
    this.count = count;
    this.labels = new Uint8Array(count);
    this.#batches = batches;
    this.#batchOf = new Uint8Array(count);
    this.#firstOf = new Uint32Array(batches.length);
    let sample = 0;
    batches.forEach((batch, number) => {
      this.#firstOf[number] = sample;
      for (let at = 0; at < batch.length && sample < count; at += RECORD_BYTES, sample++) {
        this.labels[sample] = batch[at]!;
        this.#batchOf[sample] = number;
      }
    });
  }

  read(index: number, into: Float32Array, offset: number): void {
    const number = this.#batchOf[index]!;
    const pixels = this.#batches[number]!;
    const from = (index - this.#firstOf[number]!) * RECORD_BYTES + 1;
    for (let channel = 0; channel < CHANNELS; channel++) {
      const scale = 1 / (255 * DEVIATION[channel]!);
      const shift = MEAN[channel]! / DEVIATION[channel]!;
      const plane = from + channel * PIXELS;
      for (let pixel = 0, to = offset + channel; pixel < PIXELS; pixel++, to += CHANNELS) {
        into[to] = pixels[plane + pixel]! * scale - shift;
      }
    }
  }
}

function corrupt(file: string, field: string, problem: string): MurmurError {
  return new MurmurError({ code: 'DATA_CORRUPT', file, field, problem, mend: 'fetch the file again from its source' });
}
