import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Draft, type FetchComponents, fetchFile, type PublishedFile, rootMessage } from '../support/download.ts';
import { isFailure, MurmurError } from '../support/errors.ts';
import type { Disk } from './disk.ts';

/** Where MNIST is kept by those who publish it, in the order of trying. */
export const mnistMirrors: readonly string[] = [
  'https://ossci-datasets.s3.amazonaws.com/mnist/',
  'https://storage.googleapis.com/cvdf-datasets/mnist/',
];

/** MNIST's files as published: their size is also the most that is read from a mirror. */
export const mnistFiles: readonly PublishedFile[] = [
  {
    name: 'train-images-idx3-ubyte.gz',
    bytes: 9_912_422,
    sha256: '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609',
  },
  {
    name: 'train-labels-idx1-ubyte.gz',
    bytes: 28_881,
    sha256: '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c',
  },
  {
    name: 't10k-images-idx3-ubyte.gz',
    bytes: 1_648_877,
    sha256: '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6',
  },
  {
    name: 't10k-labels-idx1-ubyte.gz',
    bytes: 4_542,
    sha256: 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6',
  },
];

const CORRUPT_MEND = 'try again later, or name a folder that holds its files with --set data.path=DIR';

export interface DownloadComponents extends FetchComponents {
  readonly disk: Disk;
}

export interface DownloadOptions {
  /** Base URLs, each ending in a slash. */
  readonly mirrors: readonly string[];
  /** Called as a file grows: `bytes` of `total` are here. */
  readonly onProgress?: ((file: string, bytes: number, total: number) => void) | undefined;
  /** Ends the download early, with what is missing still missing. Not an error: who cares looks at the signal. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Fills `folder` with those of `files` that it lacks or holds damaged. Safe beside another process that does the same:
 * each file appears whole, by renaming, and both write the same bytes.
 *
 * @throws DATA_MISSING where no mirror gives a file, DATA_CORRUPT where one gives other bytes than were published
 */
export async function downloadFiles(
  components: DownloadComponents,
  files: readonly PublishedFile[],
  folder: string,
  options: DownloadOptions,
): Promise<void> {
  for (const file of files) {
    const path = join(folder, file.name);
    if (await isPresent(components.disk, path, file)) continue;
    const content = await fetchFromAny(components, file, path, options);
    if (content === null) return;
    await components.disk.replace(path, content);
  }
}

/** Whether the file is there as published. */
export async function isPresent(disk: Disk, path: string, file: PublishedFile): Promise<boolean> {
  try {
    const content = await disk.read(path, file.bytes);
    return content !== null && matches(content, file);
  } catch (error) {
    // Too large for what was published: replaced like any other damaged file.
    if (isFailure(error, 'DATA_CORRUPT')) return false;
    throw error;
  }
}

/**
 * A file's content from the first mirror that gives it as published; null where `options.signal` put an end to it.
 *
 * @param path where it is wanted, as errors name it
 * @throws as `downloadFiles` does
 */
export async function fetchFromAny(
  components: DownloadComponents,
  file: PublishedFile,
  path: string,
  options: DownloadOptions,
): Promise<Uint8Array | null> {
  const problems: string[] = [];
  let corrupt: MurmurError | undefined;
  for (const mirror of options.mirrors) {
    const url = `${mirror}${file.name}`;
    try {
      const draft = new MemoryDraft(file.bytes);
      await fetchFile(components, file, url, draft, { ...options, mend: CORRUPT_MEND });
      return draft.content;
    } catch (error) {
      if (options.signal?.aborted) return null;
      if (isFailure(error, 'DATA_CORRUPT')) corrupt = error;
      problems.push(`${url}: ${rootMessage(error)}`);
    }
  }
  throw (
    corrupt ??
    new MurmurError({
      code: 'DATA_MISSING',
      field: 'data.path',
      path,
      mend: `name a folder that holds its files with --set data.path=DIR (download failed: ${problems.join('; ')})`,
    })
  );
}

/** A data set's file in memory: at most as large as what was published. */
class MemoryDraft implements Draft {
  readonly #content: Uint8Array;
  received = 0;

  constructor(bytes: number) {
    this.#content = new Uint8Array(bytes);
  }

  /** What has been received. */
  get content(): Uint8Array {
    return this.#content.subarray(0, this.received);
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#content.set(chunk, this.received);
    this.received += chunk.length;
  }

  async clear(): Promise<void> {
    this.received = 0;
  }

  async sha256(): Promise<string> {
    return sha256(this.content);
  }
}

/** Whether this is the file's content as published. */
export function matches(content: Uint8Array, file: PublishedFile): boolean {
  return content.length === file.bytes && sha256(content) === file.sha256;
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
