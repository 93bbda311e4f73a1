import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Draft } from '../../src/support/download.ts';

/** A download that grows in its file, and is continued there by the next attempt. */
export class FileDraft implements Draft {
  readonly #path: string;
  readonly #file: FileHandle;
  received: number;

  static async open(path: string): Promise<FileDraft> {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'a');
    return new FileDraft(path, file, (await file.stat()).size);
  }

  private constructor(path: string, file: FileHandle, received: number) {
    this.#path = path;
    this.#file = file;
    this.received = received;
  }

  async write(chunk: Uint8Array): Promise<void> {
    await this.#file.appendFile(chunk);
    this.received += chunk.length;
  }

  async clear(): Promise<void> {
    await this.#file.truncate();
    this.received = 0;
  }

  sha256(): Promise<string> {
    return sha256OfFile(this.#path);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** Hexadecimal. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
