import { join } from 'node:path';
import type { Manifest } from '../manifest.ts';
import { loadCifar10 } from './cifar10.ts';
import { cifar10Archive, cifar10Mirrors, downloadArchive } from './cifar10-download.ts';
import type { Dataset } from './dataset.ts';
import { DIGITS_TEST, DIGITS_TRAIN, digitsDataset } from './digits.ts';
import type { Disk } from './disk.ts';
import { type DownloadComponents, type DownloadOptions, downloadFiles, mnistFiles, mnistMirrors } from './download.ts';
import { loadMnist } from './mnist.ts';

/**
 * The data set that a manifest names. One of files without a path is read from `cacheFolder`, where `fetchDataset` has
 * put it.
 *
 * @throws CONFIG_INVALID, DATA_MISSING, DATA_CORRUPT
 */
export async function loadDataset(
  data: Manifest['data'],
  seed: number,
  { disk, cacheFolder }: { disk: Disk; cacheFolder: string },
): Promise<Dataset> {
  const folder = data.path ?? join(cacheFolder, data.kind);
  switch (data.kind) {
    case 'digits':
      return digitsDataset({ seed, train: data.train ?? DIGITS_TRAIN, test: data.test ?? DIGITS_TEST });
    case 'mnist':
      return loadMnist(disk, folder, data);
    case 'cifar10':
      return loadCifar10(disk, folder, data);
  }
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
  const folder = join(cacheFolder, data.kind);
  if (data.kind === 'mnist') await downloadFiles(components, mnistFiles, folder, { mirrors: mnistMirrors, ...options });
  else await downloadArchive(components, cifar10Archive, folder, { mirrors: cifar10Mirrors, ...options });
}
