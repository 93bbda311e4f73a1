import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { sha256OfFile } from './file-draft.ts';

const RECORD = 'installation.json';

const recordSchema = z.strictObject({
  /** What it was made from: the versions of packages, the names of wheels. */
  parts: z.array(z.string()),
  /** SHA-256 of each file that counts, by its path in the folder. */
  files: z.record(z.string(), z.string()),
});

/** Writes down what a folder was made from, and the sums of its `files`: last of all, so that only a whole one has it. */
export async function recordInstallation(folder: string, parts: readonly string[], files: readonly string[]) {
  const sums: Record<string, string> = {};
  for (const file of files) sums[file] = await sha256OfFile(join(folder, file));
  await writeFile(join(folder, RECORD), JSON.stringify({ parts, files: sums }));
}

/** Whether a folder was made from these parts, and its files are as they were then. */
export async function isInstalled(folder: string, parts: readonly string[]): Promise<boolean> {
  const record = await readRecord(join(folder, RECORD));
  if (record === null || record.parts.join() !== parts.join()) return false;
  for (const [file, sum] of Object.entries(record.files)) {
    if ((await sha256OfFile(join(folder, file)).catch(() => null)) !== sum) return false;
  }
  return true;
}

async function readRecord(path: string): Promise<z.infer<typeof recordSchema> | null> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return null;
  }
}
