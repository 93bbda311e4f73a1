import { layers, sequential } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import type { PeerEvent } from '../../peer/events.ts';
import { evaluationSamples } from '../../peer/replica/evaluation-samples.ts';
import { resolveScenario, type ScenarioDefinition } from '../../scenarios/define-scenario.ts';
import { manifestOf } from '../../scenarios/manifest.ts';
import { runVirtualSwarm, type VirtualSwarmInit } from '../../scenarios/simulated/virtual-swarm.ts';
import { chooseBackend } from '../../src/compute/backends.ts';
import { createCompute } from '../../src/compute/tensorflow-compute.ts';
import { digitsDataset } from '../../src/datasets/digits.ts';
import { seededRandom } from '../../src/support/random.ts';

const dataset = digitsDataset({ seed: 1, train: 300, test: 20 });
const samples = evaluationSamples(dataset, 20, seededRandom(1));
/** From then on the egress is looked at: a decision comes about once a second. */
const SETTLED_SECONDS = 6;

/** When a link changes; the peers have met by then. */
const CHANGE_MS = 10_000;

beforeAll(() => chooseBackend('wasm'));

async function swarm(
  fields: Pick<ScenarioDefinition, 'peers' | 'exchange'> & { seconds: number },
  around: Pick<VirtualSwarmInit, 'link' | 'happenings'> = { link: { latencyMs: 20, jitterMs: 5 } },
): Promise<readonly PeerEvent[]> {
  const { seconds, ...rest } = fields;
  const definition: ScenarioDefinition = {
    name: 'egress',
    model: () =>
      sequential({
        layers: [layers.dense({ inputShape: [784], units: 16, activation: 'relu' }), layers.dense({ units: 10 })],
      }),
    training: { batch: 4, rate: 0.05, schedule: 'constant' },
    evaluation: { everySamples: 1e9, samples: 20 },
    target: { value: 1 },
    limits: { samples: 1e9, seconds },
    ...rest,
  };
  const manifest = await manifestOf(resolveScenario(definition), process.cwd());
  const compute = await createCompute({ topology: manifest.model.topology, backend: 'wasm' });
  try {
    const init = { manifest, ...around, model: { stepMs: 25, evaluationMs: 5 } };
    return (await runVirtualSwarm({ compute, dataset, samples }, init)).events;
  } finally {
    compute.dispose();
  }
}

/** What each peer sent a second, between two moments, in seconds from the start. */
function egressOf(events: readonly PeerEvent[], from: number, to: number): number[] {
  const startMs = events.find(({ type }) => type === 'started')!.atMs;
  const points = new Map<string, { atMs: number; bytesSent: number }[]>();
  for (const event of events) {
    if (event.type !== 'progress') continue;
    const second = (event.atMs - startMs) / 1000;
    if (second < from || second > to) continue;
    const point = { atMs: event.atMs, bytesSent: event.progress.bytesSent };
    points.set(event.peer, [...(points.get(event.peer) ?? []), point]);
  }
  return [...points.values()].map((course) => {
    const [first, last] = [course[0]!, course.at(-1)!];
    return (1000 * (last.bytesSent - first.bytesSent)) / (last.atMs - first.atMs);
  });
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('exchange auto', () => {
  test.each([
    [3, 2_000, 0.8],
    [9, 6_000, 0.8],
    // By gossip: what leaves a peer are mostly updates of others, and not all relay quite alike.
    [24, 6_000, 0.75],
  ])('%i peers with a budget of %i bytes a second each send %f to 1.05 of it', async (peers, budget, least) => {
    const exchange = { control: 'auto' as const, budgetBytesPerSecond: budget };
    const events = await swarm({ peers, exchange, seconds: 26 });
    const sent = egressOf(events, SETTLED_SECONDS, 26);
    expect(sent).toHaveLength(peers);
    for (const bytesPerSecond of sent) {
      expect(bytesPerSecond / budget).toBeGreaterThan(least);
      expect(bytesPerSecond / budget).toBeLessThan(1.05);
    }
    expect(mean(sent) / budget).toBeGreaterThan(0.85);
  });

  test.each([
    ['falls to a tenth', 20_000, 2_000],
    ['grows tenfold', 2_000, 20_000],
  ])('what is sent has followed within 30 s where the link %s', async (_, before, after) => {
    const linkOf = (bytesPerSecond: number) => ({ latencyMs: 20, jitterMs: 5, bytesPerSecond });
    const happenings = [{ kind: 'relink' as const, atMs: CHANGE_MS, link: linkOf(after) }];
    const events = await swarm({ peers: 3, exchange: 'auto', seconds: 85 }, { link: linkOf(before), happenings });
    // All that is worth saying here takes some 3 kB/s.
    const worth = 3_000;
    const sent = egressOf(events, CHANGE_MS / 1000 + 30, 85);
    for (const bytesPerSecond of sent) {
      expect(bytesPerSecond).toBeLessThan(1.1 * after);
      // One that has met a queue comes back slowly: a sawtooth of half a minute, in its turn.
      expect(bytesPerSecond).toBeGreaterThan(0.3 * Math.min(after, worth));
    }
    expect(mean(sent)).toBeGreaterThan(0.6 * Math.min(after, worth));
  });

  test('every decision is told', async () => {
    const events = await swarm({ peers: 3, exchange: 'auto', seconds: 6 });
    const tuned = events.flatMap((event) => (event.type === 'tuned' ? [event] : []));
    expect(new Set(tuned.map(({ peer }) => peer)).size).toBe(3);
    for (const { localSteps, partitions, allowedBytesPerSecond } of tuned) {
      expect(Math.min(localSteps, partitions)).toBeGreaterThanOrEqual(1);
      expect(allowedBytesPerSecond).toBeGreaterThan(0);
    }
  });
});
