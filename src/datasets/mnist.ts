import { join } from 'node:path';
import { MurmurError } from '../support/errors.ts';
import { scaleBytes } from './byte-samples.ts';
import type { Dataset, Split } from './dataset.ts';
import type { Disk } from './disk.ts';
import { type IdxArray, MAX_IDX_BYTES, parseIdx } from './idx.ts';
import { type SampleCounts, usedSamples } from './sample-counts.ts';

const CLASSES = 10;

/** The four arrays that MNIST, and other data sets in its format, come as. */
export interface MnistArrays {
  /** [count, height, width] */
  readonly trainImages: IdxArray;
  /** [count] */
  readonly trainLabels: IdxArray;
  readonly testImages: IdxArray;
  readonly testLabels: IdxArray;
}

/**
 * Joins images and labels (LeCun et al., "Gradient-based learning applied to document recognition", 1998).
 *
 * @throws DATA_CORRUPT where the arrays do not fit each other, CONFIG_INVALID where there are fewer samples than asked for
 */
export function mnistDataset(arrays: MnistArrays, counts: SampleCounts): Dataset {
  const { trainImages, trainLabels, testImages, testLabels } = arrays;
  const sampleShape = trainImages.shape.slice(1);
  if (testImages.shape.slice(1).join() !== sampleShape.join()) {
    throw unfitting(
      testImages,
      'shape',
      `${testImages.shape.join('x')} differs from ${trainImages.shape.join('x')} of training`,
    );
  }
  return {
    name: 'mnist',
    sampleShape,
    classes: CLASSES,
    train: new ImageSplit('train', trainImages, trainLabels, counts.train),
    test: new ImageSplit('test', testImages, testLabels, counts.test),
  };
}

/**
 * Reads the four files of `folder`, packed or not. Their sums are not checked: any data set of the format will do.
 *
 * @throws DATA_MISSING where a file is absent, and all that `parseIdx` and `mnistDataset` throw
 */
export async function loadMnist(disk: Disk, folder: string, counts: SampleCounts): Promise<Dataset> {
  const arrays: MnistArrays = {
    trainImages: await readArray(disk, folder, 'train-images', 3),
    trainLabels: await readArray(disk, folder, 'train-labels', 1),
    testImages: await readArray(disk, folder, 't10k-images', 3),
    testLabels: await readArray(disk, folder, 't10k-labels', 1),
  };
  return mnistDataset(arrays, counts);
}

async function readArray(disk: Disk, folder: string, name: string, dimensions: 1 | 3): Promise<IdxArray> {
  // The dot is how some archives spell it.
  const spellings = [`${name}-idx${dimensions}-ubyte`, `${name}.idx${dimensions}-ubyte`];
  for (const spelling of spellings.flatMap((spelling) => [spelling, `${spelling}.gz`])) {
    const path = join(folder, spelling);
    const content = await disk.read(path, MAX_IDX_BYTES);
    if (content !== null) return parseIdx(path, content, dimensions);
  }
  throw new MurmurError({
    code: 'DATA_MISSING',
    field: 'data.path',
    path: join(folder, spellings[0]!),
    mend: 'name the folder that holds the four files with --set data.path=DIR, or leave data.path out to have MNIST downloaded',
  });
}

class ImageSplit implements Split {
  readonly count: number;
  readonly labels: Uint8Array;
  readonly #pixels: Uint8Array;
  readonly #sampleBytes: number;

  constructor(name: 'train' | 'test', images: IdxArray, labels: IdxArray, count: number | null) {
    const [present = 0, height = 0, width = 0] = images.shape;
    if (labels.shape[0] !== present) {
      throw unfitting(labels, 'shape[0]', `is ${labels.shape[0]} where ${images.file} has ${present} images`);
    }
    const stray = labels.bytes.findIndex((label) => label >= CLASSES);
    if (stray !== -1) {
      throw unfitting(labels, `label ${stray}`, `is ${labels.bytes[stray]} where ${CLASSES - 1} is the highest`);
    }
    this.count = usedSamples(name, count, present, images.file);
    this.labels = labels.bytes.subarray(0, this.count);
    this.#pixels = images.bytes;
    this.#sampleBytes = height * width;
  }

  read(index: number, into: Float32Array, offset: number): void {
    scaleBytes(this.#pixels, index * this.#sampleBytes, this.#sampleBytes, into, offset);
  }
}

function unfitting(array: IdxArray, field: string, problem: string): MurmurError {
  const mend = 'take all four files from one data set of ten classes';
  return new MurmurError({ code: 'DATA_CORRUPT', file: array.file, field, problem, mend });
}
