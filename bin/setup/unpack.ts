import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import yauzl from 'yauzl';

/** Of wheels: TensorFlow's C library and the headers of its C interface, what it is linked to, and CUDA's libraries. */
const wanted = [
  /^tensorflow\/libtensorflow_(cc|framework)\.so\.2$/,
  /^tensorflow\/include\/(tensorflow\/|xla\/)?(c|tsl|core\/platform)\/.*\.h$/,
  /^tensorflow\.libs\/.*\.so/,
  /^nvidia\/[^/]+\/(lib|bin|nvvm)\/.*[^/]$/,
];

/** Unpacks what is wanted of a zip file, paths kept, and returns those paths. What it holds has been checked before. */
export async function unpack(file: string, folder: string): Promise<string[]> {
  const unpacked: string[] = [];
  // It refuses names that lead out of the folder.
  const zip = await yauzl.openPromise(file, { autoClose: false });
  try {
    for await (const entry of zip.eachEntry()) {
      if (!wanted.some((pattern) => pattern.test(entry.fileName))) continue;
      const path = join(folder, entry.fileName);
      await mkdir(dirname(path), { recursive: true });
      // The upper half holds the file's mode where it was packed on Unix.
      const mode = (entry.externalFileAttributes >>> 16) & 0o777;
      await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(path, { mode: mode || 0o644 }));
      unpacked.push(entry.fileName);
    }
  } finally {
    zip.close();
  }
  return unpacked;
}
