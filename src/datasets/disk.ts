import { mkdir, mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MurmurError } from '../support/errors.ts';

/** Files as data sets need them. Failures are DATA_MISSING, or DATA_CORRUPT where a file is too large. */
export interface Disk {
  /** The whole file, or null where there is none. Refuses one of more than `maxBytes`. */
  read(path: string, maxBytes: number): Promise<Uint8Array | null>;
  /**
   * Puts a file in its place whole or not at all, and makes its folder: readers and other writers see no half file.
   *
   * @param mode who may read and write it, less what the process's umask takes away
   */
  replace(path: string, content: Uint8Array, mode?: number): Promise<void>;
}

/** Folders of drafts that a process which was killed left behind have names that begin so. */
export const DRAFT_PREFIX = '.draft-';

/** The disk of this machine. */
export const nodeDisk: Disk = { read, replace };

async function read(path: string, maxBytes: number): Promise<Uint8Array | null> {
  try {
    const file = await open(path);
    try {
      const found = await file.stat();
      if (!found.isFile()) return null;
      if (found.size > maxBytes) throw tooLarge(path, found.size, maxBytes);
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw code === undefined ? error : unusable(path, `make the file readable (${code})`);
  }
}

async function replace(path: string, content: Uint8Array, mode = 0o666): Promise<void> {
  const folder = dirname(path);
  let draftFolder: string | undefined;
  try {
    await mkdir(folder, { recursive: true });
    // A folder of its own inside the target's: the system picks a free name, and renaming stays on one file system.
    draftFolder = await mkdtemp(join(folder, DRAFT_PREFIX));
    const draft = join(draftFolder, basename(path));
    // On the disk before it takes the name: a machine that loses power must not be left with an empty file.
    await writeFile(draft, content, { flush: true, mode });
    await rename(draft, path);
  } catch (error) {
    const code = systemCode(error);
    throw code === undefined ? error : unusable(path, `make ${folder} writable, with room to spare (${code})`);
  } finally {
    if (draftFolder !== undefined) await rm(draftFolder, { recursive: true, force: true });
  }
}

function systemCode(error: unknown): string | undefined {
  if (error instanceof MurmurError || !(error instanceof Error)) return undefined;
  return (error as NodeJS.ErrnoException).code;
}

function unusable(path: string, mend: string): MurmurError {
  return new MurmurError({ code: 'DATA_MISSING', field: 'data.path', path, mend });
}

function tooLarge(file: string, size: number, maxBytes: number): MurmurError {
  return new MurmurError({
    code: 'DATA_CORRUPT',
    file,
    field: 'size',
    problem: `is ${size} bytes where ${maxBytes} are the most`,
    mend: 'fetch the file again from its source',
  });
}
