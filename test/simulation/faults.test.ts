import { beforeAll, expect, test } from 'vitest';
import { evaluationSamples } from '../../peer/replica/evaluation-samples.ts';
import type { Happening, VirtualSwarmInit } from '../../scenarios/simulated/virtual-swarm.ts';
import { chooseBackend } from '../../src/compute/backends.ts';
import type { Compute } from '../../src/compute/compute.ts';
import { createCompute } from '../../src/compute/tensorflow-compute.ts';
import { digitsDataset } from '../../src/datasets/digits.ts';
import { seededRandom } from '../../src/support/random.ts';
import { testManifest } from '../support/manifest.ts';
import { expectOneModel, type Outcome, witness } from './law.ts';

const dataset = digitsDataset({ seed: 1, train: 400, test: 50 });
const samples = evaluationSamples(dataset, 50, seededRandom(1));
const manifest = testManifest({
  peers: 4,
  training: { batch: 4 },
  exchange: { localSteps: 1 },
  evaluation: { everySamples: 2_000, samples: 50 },
  target: { value: 1 },
  limits: { samples: 4 * 4 * 300, seconds: 600 },
});

let compute: Compute;
beforeAll(async () => {
  await chooseBackend('wasm');
  compute = await createCompute({ topology: manifest.model.topology, backend: 'wasm' });
});

function swarm(link: VirtualSwarmInit['link'], happenings: readonly Happening[] = [], stepMs = 100): Promise<Outcome> {
  const model = { stepMs, evaluationMs: 5 };
  return witness({ compute, dataset, samples }, { manifest, link, model, happenings });
}

test('connections that are lost again and again, and channels that overtake each other, change nothing of the model', async () => {
  const outcome = await swarm({ latencyMs: 5, jitterMs: 20, overtakingMs: 50, connectionMs: 5_000 }, [
    { kind: 'disconnect', peer: 0, other: 1, atMs: 3_000 },
    { kind: 'relink', link: { latencyMs: 5 }, atMs: 25_000 },
  ]);
  expectOneModel(outcome, 4);
  const losses = outcome.events.filter((event) => event.type === 'member' && event.state === 'silent');
  expect(losses.length).toBeGreaterThan(10);
});

test('a network that is open one way only does not part the swarm for good', async () => {
  const outcome = await swarm({ latencyMs: 5, jitterMs: 20 }, [
    { kind: 'block', from: [0], to: [2, 3], atMs: 3_000 },
    { kind: 'block', from: [], to: [], atMs: 20_000 },
  ]);
  expectOneModel(outcome, 4);
});

test('one way for so long that connections are lost, the others bring what it keeps back', async () => {
  const happenings: Happening[] = [
    { kind: 'block', from: [0], to: [3], atMs: 3_000 },
    { kind: 'block', from: [], to: [], atMs: 80_000 },
  ];
  const outcome = await swarm({ latencyMs: 5, jitterMs: 20 }, happenings, 300);
  expectOneModel(outcome, 4);
  expect(outcome.events.some((event) => event.type === 'member' && event.state === 'back')).toBe(true);
});

test('bytes that arrive wrong are told with their code, and every peer comes to its end', async () => {
  // From when they have met: a wrong byte in a first hello reads as another manifest, which ends a peer.
  const link = { latencyMs: 5, corruption: 0.01 };
  const { events, reports } = await swarm({ latencyMs: 5 }, [{ kind: 'relink', link, atMs: 2_000 }]);
  expect(reports).toHaveLength(4);
  const codes = new Set(events.flatMap((event) => (event.type === 'warning' ? [event.code] : [])));
  expect([...codes]).toContain('MESSAGE_INVALID');
  expect(reports.reduce((sum, { invalidMessages }) => sum + invalidMessages, 0)).toBeGreaterThan(5);
  // What was decoded all the same is accounted for: each S is what was applied to it.
  expect(reports.every(({ fingerprintHolds }) => fingerprintHolds)).toBe(true);
});

test('a slow peer takes fewer steps and holds nobody up', async () => {
  const { reports } = await swarm({ latencyMs: 5 }, [{ kind: 'slow', peer: 3, slowness: 5, atMs: 0 }]);
  const [fast, , , slow] = reports.map(({ rounds }) => rounds);
  expect(fast! / slow!).toBeGreaterThan(4);
  expect(fast! / slow!).toBeLessThan(6);
  expect(reports[0]!.blockedSeconds).toBe(0);
});
