import { expect, test } from 'vitest';
import { evaluationSamples } from '../../../peer/replica/evaluation-samples.ts';
import { resolveScenario } from '../../../scenarios/define-scenario.ts';
import { manifestOf } from '../../../scenarios/manifest.ts';
import { synchronousAccuracy } from '../../../scenarios/studies/synchronous.ts';
import { chooseBackend } from '../../../src/compute/backends.ts';
import { createCompute } from '../../../src/compute/tensorflow-compute.ts';
import { digitsDataset } from '../../../src/datasets/digits.ts';
import { seededRandom } from '../../../src/support/random.ts';

test('synchronous training learns, from the shards of all peers, and ends at the limit of samples', async () => {
  await chooseBackend('wasm');
  const dataset = digitsDataset({ seed: 1, train: 1_000, test: 200 });
  const samples = evaluationSamples(dataset, 200, seededRandom(1));
  const accuracyAfter = async (steps: number) => {
    const definition = {
      name: 'reference',
      peers: 4,
      model: 'pooled-mlp-64',
      training: { batch: 8 },
      target: { value: 1 },
    };
    const scenario = resolveScenario({ ...definition, limits: { samples: 4 * 8 * steps } });
    const manifest = await manifestOf(scenario, process.cwd());
    const compute = await createCompute({ topology: manifest.model.topology, backend: 'wasm' });
    try {
      return await synchronousAccuracy({ compute, dataset, samples }, manifest);
    } finally {
      compute.dispose();
    }
  };
  expect(await accuracyAfter(1)).toBeLessThan(0.4);
  expect(await accuracyAfter(150)).toBeGreaterThan(0.55);
});
