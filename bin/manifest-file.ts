import { open } from 'node:fs/promises';
import { check } from '../scenarios/check.ts';
import { type Manifest, manifestSchema } from '../src/manifest.ts';
import { MurmurError } from '../src/support/errors.ts';

/** The largest manifest read: a topology of a thousand layers is under 1 MB. */
export const MAX_MANIFEST_BYTES = 4 << 20;
/** Lists and sections within each other: a layer's settings are eight deep, and what is read is walked recursively. */
export const MAX_MANIFEST_DEPTH = 32;

/** The manifest that `--run` names. Throws CONFIG_INVALID. */
export async function readManifest(file: string): Promise<Manifest> {
  return parseManifest(file, await readBounded(file));
}

/** The manifest in a file's text. Throws CONFIG_INVALID. */
export function parseManifest(file: string, text: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw unusable(`${file} is not JSON`);
  }
  if (isDeeper(json, MAX_MANIFEST_DEPTH)) throw unusable(`${file} is nested deeper than ${MAX_MANIFEST_DEPTH} levels`);
  return check(manifestSchema, json, { name: file, mend: (field) => `correct ${field} in ${file}` });
}

function isDeeper(value: unknown, depth: number): boolean {
  if (value === null || typeof value !== 'object') return false;
  return depth === 0 || Object.values(value).some((part) => isDeeper(part, depth - 1));
}

async function readBounded(file: string): Promise<string> {
  const handle = await open(file).catch((error: NodeJS.ErrnoException) => {
    throw unusable(`cannot read ${file} (${error.code})`);
  });
  try {
    const buffer = Buffer.alloc(MAX_MANIFEST_BYTES + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read) {
      ({ bytesRead: read } = await handle.read(buffer, length, buffer.length - length));
    }
    if (length > MAX_MANIFEST_BYTES) throw unusable(`${file} is larger than ${MAX_MANIFEST_BYTES} bytes`);
    return buffer.toString('utf8', 0, length);
  } catch (error) {
    if (error instanceof MurmurError) throw error;
    throw unusable(`cannot read ${file} (${(error as NodeJS.ErrnoException).code})`);
  } finally {
    await handle.close();
  }
}

function unusable(problem: string): MurmurError {
  return new MurmurError({ code: 'CONFIG_INVALID', field: '--run', problem, mend: 'give a manifest.json of a run' });
}
