import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../support/clock.ts';
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

/** A mirror that sends nothing for this long is given up: people wait at a terminal, and the next one may answer. */
export const SILENCE_TIMEOUT_MS = 20_000;

export interface PublishedFile {
  readonly name: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

export interface DownloadComponents {
  readonly fetch: typeof globalThis.fetch;
  readonly disk: Disk;
  readonly clock: Clock;
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

async function isPresent(disk: Disk, path: string, file: PublishedFile): Promise<boolean> {
  try {
    const content = await disk.read(path, file.bytes);
    return content !== null && sha256(content) === file.sha256;
  } catch (error) {
    // Too large for what was published: replaced like any other damaged file.
    if (isFailure(error, 'DATA_CORRUPT')) return false;
    throw error;
  }
}

/** Null where `options.signal` put an end to it. */
async function fetchFromAny(
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
      return await fetchFile(components, file, url, options);
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
      mend: `name a folder that holds the four files with --set data.path=DIR (download failed: ${problems.join('; ')})`,
    })
  );
}

async function fetchFile(
  components: DownloadComponents,
  file: PublishedFile,
  url: string,
  options: DownloadOptions,
): Promise<Uint8Array> {
  const controller = new AbortController();
  const signal = options.signal ? AbortSignal.any([controller.signal, options.signal]) : controller.signal;
  const giveUp = () => controller.abort(new Error(`silent for ${SILENCE_TIMEOUT_MS} ms`));
  let cancel = components.clock.after(SILENCE_TIMEOUT_MS, giveUp);
  try {
    // Asked for as it is: a server that unpacks .gz files on the way would break their sums.
    const headers = { 'accept-encoding': 'identity' };
    const response = await components.fetch(url, { signal, headers });
    if (!response.ok || response.body === null) throw new Error(`HTTP status ${response.status}`);
    const content = new Uint8Array(file.bytes);
    let received = 0;
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      cancel();
      cancel = components.clock.after(SILENCE_TIMEOUT_MS, giveUp);
      if (received + chunk.length > file.bytes) throw corrupt(url, 'size', `is over the ${file.bytes} bytes published`);
      content.set(chunk, received);
      received += chunk.length;
      options.onProgress?.(file.name, received, file.bytes);
    }
    if (received < file.bytes) throw corrupt(url, 'size', `is ${received} bytes where ${file.bytes} were published`);
    if (sha256(content) !== file.sha256) throw corrupt(url, 'sha256', `is ${sha256(content)}, not ${file.sha256}`);
    return content;
  } finally {
    cancel();
    controller.abort();
  }
}

function corrupt(url: string, field: string, problem: string): MurmurError {
  const mend = 'try again later, or name a folder that holds the four files with --set data.path=DIR';
  return new MurmurError({ code: 'DATA_CORRUPT', file: url, field, problem, mend });
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** `fetch` hides why it failed (refused, unknown host, aborted) in the cause. */
function rootMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
