import { join } from 'node:path';
import type { Manifest } from '../manifest.ts';
import type { Dataset } from './dataset.ts';
import { DIGITS_TEST, DIGITS_TRAIN, digitsDataset } from './digits.ts';
import { type DownloadComponents, type DownloadOptions, downloadFiles, mnistFiles, mnistMirrors } from './download.ts';
import { loadMnist } from './mnist.ts';

export interface LoadComponents extends DownloadComponents {
  /** Where downloads are kept between runs; a folder for each data set is made in it. */
  readonly cacheFolder: string;
  readonly onProgress?: DownloadOptions['onProgress'];
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
  const folder = join(components.cacheFolder, 'mnist');
  const { mirrors = mnistMirrors, onProgress } = components;
  await downloadFiles(components, mnistFiles, folder, { mirrors, onProgress });
  return loadMnist(components.disk, folder, data);
}
