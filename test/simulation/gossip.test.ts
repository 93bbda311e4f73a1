import { layers, sequential } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { evaluationSamples } from '../../peer/replica/evaluation-samples.ts';
import { resolveScenario, type ScenarioDefinition } from '../../scenarios/define-scenario.ts';
import { manifestOf } from '../../scenarios/manifest.ts';
import type { Happening } from '../../scenarios/simulated/virtual-swarm.ts';
import { chooseBackend } from '../../src/compute/backends.ts';
import type { Compute } from '../../src/compute/compute.ts';
import { createCompute } from '../../src/compute/tensorflow-compute.ts';
import { digitsDataset } from '../../src/datasets/digits.ts';
import type { Manifest } from '../../src/manifest.ts';
import { seededRandom } from '../../src/support/random.ts';
import { expectOneModel, witness } from './law.ts';

const PEERS = 12;
const dataset = digitsDataset({ seed: 1, train: 1_200, test: 200 });
const samples = evaluationSamples(dataset, 100, seededRandom(1));
const definition: ScenarioDefinition = {
  name: 'gossip',
  peers: PEERS,
  model: () =>
    sequential({
      layers: [layers.dense({ inputShape: [784], units: 8, activation: 'relu' }), layers.dense({ units: 10 })],
    }),
  training: { batch: 8 },
  exchange: { topology: 'gossip', feeds: 3, localSteps: 2, partitions: 2, density: 0.05 },
  evaluation: { everySamples: 8 * 2 * PEERS * 50 },
  target: { value: 1 },
  limits: { samples: 8 * 2 * PEERS * 100 },
};
/** A round takes 200 ms. */
const surroundings = { link: { latencyMs: 5, jitterMs: 20 }, model: { stepMs: 100, evaluationMs: 5 } };

let manifest: Manifest;
let compute: Compute;

beforeAll(async () => {
  await chooseBackend('wasm');
  manifest = await manifestOf(resolveScenario({ ...definition, seed: 3 }), process.cwd());
  compute = await createCompute({ topology: manifest.model.topology, backend: 'wasm' });
});
afterAll(() => compute.dispose());

const swarm = (happenings: readonly Happening[] = []) =>
  witness({ compute, dataset, samples }, { manifest, ...surroundings, happenings, checkpointSeconds: 1 });

test('a gossiping swarm ends with one model, with a peer that comes back, one that stays away and one that comes late', async () => {
  const outcome = await swarm([
    { kind: 'crash', peer: 3, atMs: 8_000 },
    { kind: 'crash', peer: 5, atMs: 9_000 },
    { kind: 'start', peer: 3, atMs: 10_500 },
    { kind: 'start', peer: PEERS, atMs: 12_000 },
  ]);
  expectOneModel(outcome, PEERS);
});

test('a gossiping swarm that falls into halves ends with one model, once they are joined', async () => {
  const outcome = await swarm([
    { kind: 'part', peers: [0, 1, 2, 3, 4, 5], atMs: 8_000 },
    { kind: 'part', peers: [], atMs: 12_000 },
  ]);
  expectOneModel(outcome, PEERS);
});

test('a gossiping swarm starts together: no peer of it fetches a replica', async () => {
  const { events } = await swarm();
  const started = events.filter(({ type }) => type === 'started').map(({ atMs }) => atMs);
  expect(started).toHaveLength(PEERS);
  expect(Math.max(...started) - Math.min(...started)).toBeLessThan(2000);
  expect(events.filter(({ type }) => type === 'adopted')).toEqual([]);
});
