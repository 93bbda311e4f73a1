import { join } from 'node:path';
import type { Manifest } from '../manifest.ts';
import type { Dataset } from './dataset.ts';
import { DIGITS_TEST, DIGITS_TRAIN, digitsDataset } from './digits.ts';
import type { Disk } from './disk.ts';
import { type DownloadComponents, type DownloadOptions, downloadFiles, mnistFiles, mnistMirrors } from './download.ts';
import { loadMnist } from './mnist.ts';

/**
 * The data set that a manifest names. MNIST without a path is read from `cacheFolder`, where `fetchDataset` has put it.
 *
 * @throws CONFIG_INVALID, DATA_MISSING, DATA_CORRUPT
 */
export async function loadDataset(
  data: Manifest['data'],
  seed: number,
  { disk, cacheFolder }: { disk: Disk; cacheFolder: string },
): Promise<Dataset> {
  if (data.kind === 'digits') {
    return digitsDataset({ seed, train: data.train ?? DIGITS_TRAIN, test: data.test ?? DIGITS_TEST });
  }
  return loadMnist(disk, data.path ?? mnistFolder(cacheFolder), data);
}

/**
 * Downloads what the cache lacks of a data set that is neither generated nor in a folder of the user's.
 *
 * @param cacheFolder where downloads are kept between runs; a folder for each data set is made in it
 * @param options the mirrors are the data set's own homes unless given
 * @throws DATA_MISSING, DATA_CORRUPT
 */
export async function fetchDataset(
  data: Manifest['data'],
  cacheFolder: string,
  components: DownloadComponents,
  options: Partial<DownloadOptions> = {},
): Promise<void> {
  if (data.kind === 'digits' || data.path !== null) return;
  await downloadFiles(components, mnistFiles, mnistFolder(cacheFolder), { mirrors: mnistMirrors, ...options });
}

function mnistFolder(cacheFolder: string): string {
  return join(cacheFolder, 'mnist');
}
