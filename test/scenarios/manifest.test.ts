import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolveScenario, type ScenarioDefinition } from '../../scenarios/define-scenario.ts';
import { tf } from '../../scenarios/index.ts';
import { manifestOf } from '../../scenarios/manifest.ts';
import { manifestDigest, manifestSchema } from '../../src/manifest.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/murmur-manifest-`);
});
afterAll(() => rm(folder, { recursive: true }));

const manifest = (more: Partial<ScenarioDefinition> = {}, working = '/') => {
  const least = { name: 'least', model: 'mlp-100', target: { value: 0.9 }, limits: { samples: 100_000 } };
  return manifestOf(resolveScenario({ ...least, ...more }), working);
};

describe('the manifest of a scenario', () => {
  test('is valid, and evaluates 25 times a run where the scenario does not say', async () => {
    const made = await manifest();
    expect(manifestSchema.parse(made)).toEqual(made);
    expect(made.evaluation.everySamples).toBe(4000);
    expect((await manifest({ limits: { samples: 3 } })).evaluation.everySamples).toBe(1);
    expect((await manifest({ evaluation: { everySamples: 7 } })).evaluation.everySamples).toBe(7);
  });

  test('of dense exchange sends everything after every step; none keeps its steps', async () => {
    const dense = (await manifest({ exchange: { strategy: 'dense', localSteps: 8 } })).exchange;
    expect(dense).toMatchObject({ localSteps: 1, partitions: 1, density: 1, warmup: [], staleness: 1 });
    expect((await manifest({ exchange: { strategy: 'none', localSteps: 8 } })).exchange.localSteps).toBe(8);
  });

  test('is the same for a model of any form and number in the process', async () => {
    const build = () =>
      tf.sequential({
        layers: [
          tf.layers.dense({ units: 100, activation: 'relu', inputShape: [784] }),
          tf.layers.dense({ units: 10, activation: 'softmax' }),
        ],
      });
    const [built, made] = [await manifest({ model: build() }), await manifest({ model: build })];
    expect(manifestDigest(built)).toBe(manifestDigest(made));
    expect(built.model.topology).toEqual((await manifest()).model.topology);
  });

  test('tells of a model function that throws, and of an unknown name', async () => {
    const model = () => {
      throw new Error('no such layer\nat line 3');
    };
    const field = 'model';
    await expect(manifest({ model })).rejects.toMatchObject({
      failure: { code: 'CONFIG_INVALID', field, problem: 'the function throws no such layer' },
    });
    await expect(manifest({ model: 'lenet-5000' })).rejects.toMatchObject({
      failure: { code: 'CONFIG_INVALID', field },
    });
  });

  test('has an absolute data path that exists', async () => {
    const path = basename(folder);
    const made = await manifest({ data: { kind: 'mnist', path } }, dirname(folder));
    expect(made.data.path).toBe(folder);
    await expect(manifest({ data: { kind: 'mnist', path: 'absent' } }, folder)).rejects.toMatchObject({
      failure: { code: 'DATA_MISSING', field: 'data.path', path: `${folder}/absent` },
    });
    await expect(manifest({ data: { path: folder } })).rejects.toMatchObject({
      failure: { code: 'CONFIG_INVALID', field: 'data.path' },
    });
  });
});
