import { layers, sequential } from '@tensorflow/tfjs-layers';
import { evaluationSamples } from '../../peer/replica/evaluation-samples.ts';
import { resolveScenario, type ScenarioDefinition } from '../../scenarios/define-scenario.ts';
import { manifestOf } from '../../scenarios/manifest.ts';
import { chooseBackend } from '../../src/compute/backends.ts';
import type { Compute } from '../../src/compute/compute.ts';
import { createCompute } from '../../src/compute/tensorflow-compute.ts';
import { digitsDataset } from '../../src/datasets/digits.ts';
import type { Manifest } from '../../src/manifest.ts';
import { seededRandom } from '../../src/support/random.ts';

/** A network of 784-`units`-10. */
export const perceptron = (units: number) =>
  sequential({ layers: [layers.dense({ inputShape: [784], units, activation: 'relu' }), layers.dense({ units: 10 })] });

/** What most of the simulated swarms are; each adds its name, and at how many samples it ends. */
export const fourPeers = {
  peers: 4,
  model: () => perceptron(12),
  training: { batch: 16 },
  exchange: { localSteps: 2, partitions: 2, density: 0.05 },
  // Never reached: they train to the end.
  target: { value: 1 },
} satisfies Partial<ScenarioDefinition>;

/** The samples of so many rounds of four such peers. */
export const samplesOf = (rounds: number): number => 16 * 2 * 4 * rounds;

/** Digits, and which of the test set evaluations look at. */
export function digits(sizes: { readonly train: number; readonly test: number }, evaluated: number) {
  const dataset = digitsDataset({ seed: 1, ...sizes });
  return { dataset, samples: evaluationSamples(dataset, evaluated, seededRandom(1)) };
}

/** The manifest of a scenario, and what computes its model; dispose of it. */
export async function prepared(definition: ScenarioDefinition): Promise<{ manifest: Manifest; compute: Compute }> {
  await chooseBackend('wasm');
  const manifest = await manifestOf(resolveScenario(definition), process.cwd());
  return { manifest, compute: await createCompute({ topology: manifest.model.topology, backend: 'wasm' }) };
}
