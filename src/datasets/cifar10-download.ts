import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { PublishedFile } from '../support/download.ts';
import { MurmurError } from '../support/errors.ts';
import { type DownloadComponents, type DownloadOptions, fetchFromAny, isPresent, matches } from './download.ts';
import { readTar } from './tar.ts';

/** Where CIFAR-10 is kept by who publishes it. */
export const cifar10Mirrors: readonly string[] = ['https://www.cs.toronto.edu/~kriz/'];

/** An archive as published, and the files in it that are wanted. */
export interface PublishedArchive {
  readonly archive: PublishedFile;
  readonly members: readonly PublishedFile[];
}

/** The binary version; the archive's MD5 on its page is c32a1d4ab5d03f1284b67883e8d87530. */
export const cifar10Archive: PublishedArchive = {
  archive: {
    name: 'cifar-10-binary.tar.gz',
    bytes: 170_052_171,
    sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
  },
  members: [
    ['data_batch_1.bin', 'cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5'] as const,
    ['data_batch_2.bin', 'a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed'] as const,
    ['data_batch_3.bin', 'bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67'] as const,
    ['data_batch_4.bin', '014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48'] as const,
    ['data_batch_5.bin', '755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add'] as const,
    ['test_batch.bin', '8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b'] as const,
  ].map(([name, sha256]) => ({ name, bytes: 30_730_000, sha256 })),
};

/** What an archive may hold beside its wanted members, headers included: CIFAR-10's has two small texts. */
const MAX_OTHER_BYTES = 2 ** 20;

/**
 * Fills `folder` with the members that it lacks or holds damaged, from the archive that they are published in. The archive
 * is unpacked in memory, twice its size, and not kept.
 *
 * @throws DATA_MISSING where no mirror gives the archive, DATA_CORRUPT where one gives other bytes than were published
 */
export async function downloadArchive(
  components: DownloadComponents,
  { archive, members }: PublishedArchive,
  folder: string,
  options: DownloadOptions,
): Promise<void> {
  const lacking: PublishedFile[] = [];
  for (const member of members) {
    if (!(await isPresent(components.disk, join(folder, member.name), member))) lacking.push(member);
  }
  if (lacking.length === 0) return;
  const packed = await fetchFromAny(components, archive, join(folder, archive.name), options);
  if (packed === null) return;
  const most = members.reduce((sum, { bytes }) => sum + bytes, MAX_OTHER_BYTES);
  const contents = new Map<string, Uint8Array>();
  for (const [path, content] of readTar(archive.name, unpack(archive.name, packed, most))) {
    contents.set(basename(path), content);
  }
  for (const member of lacking) {
    const content = contents.get(member.name);
    if (!content || !matches(content, member)) throw corrupt(archive.name, member.name, 'is not in it as published');
    await components.disk.replace(join(folder, member.name), content);
  }
}

function unpack(file: string, packed: Uint8Array, maxOutputLength: number): Uint8Array {
  try {
    return gunzipSync(packed, { maxOutputLength });
  } catch (error) {
    throw corrupt(file, 'gzip', `cannot be unpacked (${error instanceof Error ? error.message : error})`);
  }
}

function corrupt(file: string, field: string, problem: string): MurmurError {
  return new MurmurError({ code: 'DATA_CORRUPT', file, field, problem, mend: 'fetch the file again from its source' });
}
