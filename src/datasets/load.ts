import { join } from 'node:path';
import type { Manifest } from '../manifest.ts';
import type { Dataset } from './dataset.ts';
import { DIGITS_TEST, DIGITS_TRAIN, digitsDataset } from './digits.ts';
import { type DownloadComponents, type DownloadOptions, downloadFiles, mnistFiles, mnistMirrors } from './download.ts';
import { loadMnist } from './mnist.ts';

export interface LoadComponents extends DownloadComponents {
  /** Where downloads are kept between runs; a folder for each data set is made in it. */
  readonly cacheFolder: string;
  readonly onProgress?: DownloadOptions['onProgress'] | undefined;
  /** @default the data set's own homes */
  readonly mirrors?: readonly string[];
}

/**
 * The data set that a manifest names. MNIST without a path comes from the cache, which is filled first where it lacks a file.
 *
 * @throws CONFIG_INVALID, DATA_MISSING, DATA_CORRUPT
 */
export async function loadDataset(data: Manifest['data'], seed: number, components: LoadComponents): Promise<Dataset> {
  if (data.kind === 'digits') {
    return digitsDataset({ seed, train: data.train ?? DIGITS_TRAIN, test: data.test ?? DIGITS_TEST });
  }
  if (data.path !== null) return loadMnist(components.disk, data.path, data);
  await fetchDataset(data, components);
  return loadMnist(components.disk, mnistFolder(components), data);
}

/**
 * Downloads what the cache lacks of a data set that is neither generated nor in a folder of the user's.
 *
 * @throws DATA_MISSING, DATA_CORRUPT
 */
export async function fetchDataset(data: Manifest['data'], components: LoadComponents): Promise<void> {
  if (data.kind === 'digits' || data.path !== null) return;
  const { mirrors = mnistMirrors, onProgress } = components;
  await downloadFiles(components, mnistFiles, mnistFolder(components), { mirrors, onProgress });
}

function mnistFolder({ cacheFolder }: LoadComponents): string {
  return join(cacheFolder, 'mnist');
}
