import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { MurmurError } from '../../src/support/errors.ts';

/**
 * What a run leaves on disk: `manifest.json`, `events.jsonl`, `summary.json`, `report.html`; of a simulated one also
 * `simulation.json`, every replica in `replicas/`, and `trace.txt` where it is asked for.
 */
export class RunFolder {
  readonly path: string;
  readonly #events: WriteStream;
  #trace: WriteStream | null = null;

  private constructor(path: string, events: WriteStream) {
    this.path = path;
    this.#events = events;
  }

  /** Makes `<parent>/<name>`, or the first free `<name>-2`, `<name>-3`... Throws `CONFIG_INVALID` where it cannot. */
  static async create(parent: string, name: string): Promise<RunFolder> {
    try {
      await mkdir(parent, { recursive: true });
      const path = await freshFolder(parent, name);
      return new RunFolder(path, createWriteStream(join(path, 'events.jsonl')));
    } catch (error) {
      const problem = `cannot make a folder in ${parent} (${(error as NodeJS.ErrnoException).code})`;
      throw new MurmurError({ code: 'CONFIG_INVALID', field: '--out', problem, mend: 'give a folder to write to' });
    }
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Appends one event as a line. */
  log(event: object): void {
    this.#events.write(`${JSON.stringify(event)}\n`);
  }

  /** Writes a file whole or not at all; its name may begin with a folder's. */
  async write(name: string, content: string | Uint8Array): Promise<string> {
    const file = this.file(name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.part`, content);
    await rename(`${file}.part`, file);
    return file;
  }

  /** Appends one line to `trace.txt`. */
  trace(line: string): void {
    this.#trace ??= createWriteStream(this.file('trace.txt'));
    this.#trace.write(`${line}\n`);
  }

  async close(): Promise<void> {
    for (const stream of [this.#events, this.#trace]) {
      stream?.end();
      if (stream !== null) await finished(stream);
    }
  }
}

async function freshFolder(parent: string, name: string): Promise<string> {
  for (let count = 1; ; count++) {
    const path = join(parent, count === 1 ? name : `${name}-${count}`);
    try {
      await mkdir(path);
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
