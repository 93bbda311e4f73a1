import { homedir } from 'node:os';
import { join } from 'node:path';
import { nodeDisk } from '../../src/datasets/disk.ts';
import type { DownloadOptions } from '../../src/datasets/download.ts';
import { fetchDataset } from '../../src/datasets/load.ts';
import type { Manifest } from '../../src/manifest.ts';
import { systemClock } from '../../src/support/system-clock.ts';

/** Where downloaded data sets are kept, after the XDG base directory specification. */
export function dataCacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'murmuration');
}

/**
 * Downloads into the cache what the manifest's data set lacks there, until `signal` aborts. Throws DATA_MISSING,
 * DATA_CORRUPT.
 */
export async function fillDataCache(
  data: Manifest['data'],
  onProgress: DownloadOptions['onProgress'],
  signal: AbortSignal,
): Promise<void> {
  const components = { disk: nodeDisk, fetch, clock: systemClock };
  await fetchDataset(data, dataCacheFolder(), components, { onProgress, signal });
}
