import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { BuiltMurmur, type Ended } from './built-murmur.ts';

/** Three peers, a network of 784-24-10, digits by the hundred: at its easy target in a second of training. */
const scenario = `
import { defineScenario, tf } from 'murmuration';

export default defineScenario({
  name: 'small',
  peers: 3,
  model: () =>
    tf.sequential({
      layers: [
        tf.layers.dense({ units: 24, activation: 'relu', inputShape: [784] }),
        tf.layers.dense({ units: 10 }),
      ],
    }),
  data: { kind: 'digits', train: 1500, test: 500 },
  exchange: { density: 0.05 },
  evaluation: { everySamples: 1500, samples: 300 },
  target: { value: 0.6 },
  limits: { samples: 30000, seconds: 90 },
});
`;

/** A folder for the tests of one file, with the scenario `small.mjs` in it, and the processes that they start. */
export class Workplace {
  folder!: string;
  readonly #started: BuiltMurmur[] = [];

  constructor() {
    beforeAll(async () => {
      this.folder = await mkdtemp(join(tmpdir(), 'murmur-end-to-end-'));
      await this.write('small.mjs', scenario);
    });
    afterEach(async ({ task }) => {
      if (task.result?.state === 'fail') for (const each of this.#started) console.error(each.lastLines());
      for (const each of this.#started.splice(0)) await each.destroy();
    });
    afterAll(() => rm(this.folder, { recursive: true }));
  }

  start(...args: readonly string[]): BuiltMurmur {
    const started = new BuiltMurmur(args, this.folder);
    this.#started.push(started);
    return started;
  }

  /** Runs to the end. */
  run(...args: readonly string[]): Promise<Ended> {
    return this.start(...args).ended;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async write(name: string, content: string | Uint8Array): Promise<string> {
    await writeFile(this.path(name), content);
    return this.path(name);
  }
}
