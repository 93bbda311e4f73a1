import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolveScenario } from '../../scenarios/define-scenario.ts';
import { builtInNames, loadScenario } from '../../scenarios/load.ts';
import { manifestOf } from '../../scenarios/manifest.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmur-load-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('every built-in scenario loads, is named as its file, and makes a manifest', async () => {
  const names = await builtInNames();
  expect(names).toEqual(
    expect.arrayContaining([
      'cifar10-cnn',
      'gossip-64',
      'mnist-lenet-300-100',
      'mnist-lenet-5',
      'mnist-skewed',
      'quickstart',
    ]),
  );
  for (const name of names) {
    const scenario = resolveScenario(await loadScenario(name));
    expect(scenario).toMatchObject({ name, describe: expect.stringMatching(/./) });
    await manifestOf(scenario, '/');
  }
});

describe('a script outside the package', () => {
  // In a process of its own: the test runner has its own way of loading modules.
  const load = fileURLToPath(new URL('../../scenarios/load.ts', import.meta.url));
  const manifest = fileURLToPath(new URL('../../scenarios/manifest.ts', import.meta.url));
  const define = fileURLToPath(new URL('../../scenarios/define-scenario.ts', import.meta.url));
  const tsx = fileURLToPath(import.meta.resolve('tsx'));

  test.each([
    ['mine.ts', ': number'],
    ['mine.mjs', ''],
  ])('%s may import murmuration and build its own model', async (file, annotation) => {
    await writeFile(
      join(folder, file),
      `import { defineScenario, tf } from 'murmuration';
      const units${annotation} = 7;
      export default defineScenario({
        name: 'mine',
        model: tf.sequential({ layers: [tf.layers.dense({ units, inputShape: [784], activation: 'softmax' })] }),
        target: { value: 0.8 },
        limits: { samples: 1000 },
      });`,
    );
    const program = `
      const { loadScenario } = await import(${JSON.stringify(load)});
      const { resolveScenario } = await import(${JSON.stringify(define)});
      const { manifestOf } = await import(${JSON.stringify(manifest)});
      const made = await manifestOf(resolveScenario(await loadScenario(${JSON.stringify(file)})), '/');
      console.log(JSON.stringify(made.model));`;
    const args = ['--import', tsx, '--input-type=module', '-e', program];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: folder });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ name: 'sequential', topology: { class_name: 'Sequential' } });
    expect(stdout).toContain('"units":7');
  });
});
