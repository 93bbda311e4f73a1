import { layers, sequential } from '@tensorflow/tfjs-layers';
import { beforeAll, expect, test } from 'vitest';
import { evaluationSamples } from '../../peer/replica/evaluation-samples.ts';
import type { ScenarioDefinition } from '../../scenarios/define-scenario.ts';
import { resolveScenario } from '../../scenarios/define-scenario.ts';
import { manifestOf } from '../../scenarios/manifest.ts';
import {
  runVirtualSwarm,
  type VirtualSwarmInit,
  type VirtualSwarmResult,
} from '../../scenarios/simulated/virtual-swarm.ts';
import { chooseBackend } from '../../src/compute/backends.ts';
import { createCompute } from '../../src/compute/tensorflow-compute.ts';
import { digitsDataset } from '../../src/datasets/digits.ts';
import { seededRandom } from '../../src/support/random.ts';

const dataset = digitsDataset({ seed: 1, train: 1_000, test: 200 });
const samples = evaluationSamples(dataset, 100, seededRandom(1));

const exchange = { localSteps: 2, partitions: 2, density: 0.05 };
const definition: ScenarioDefinition = {
  name: 'replay',
  peers: 4,
  model: () =>
    sequential({
      layers: [layers.dense({ inputShape: [784], units: 12, activation: 'relu' }), layers.dense({ units: 10 })],
    }),
  training: { batch: 16 },
  exchange,
  target: { value: 1 },
  limits: { samples: 16 * 2 * 4 * 60 },
};

/** Latencies that differ from message to message, so that a crash catches some updates half-way. */
const surroundings = { link: { latencyMs: 5, jitterMs: 30 }, model: { stepMs: 10, evaluationMs: 5 } };

async function swarm(
  overrides: Partial<ScenarioDefinition>,
  happenings: VirtualSwarmInit['happenings'] = [],
): Promise<VirtualSwarmResult> {
  const manifest = await manifestOf(resolveScenario({ ...definition, ...overrides }), process.cwd());
  const compute = await createCompute({ topology: manifest.model.topology, backend: 'wasm' });
  try {
    return await runVirtualSwarm({ compute, dataset, samples }, { manifest, ...surroundings, happenings });
  } finally {
    compute.dispose();
  }
}

beforeAll(() => chooseBackend('wasm'));

test('four peers replay from one seed: equal event logs and replicas to the byte; another seed differs', async () => {
  const [first, second, other] = [await swarm({ seed: 7 }), await swarm({ seed: 7 }), await swarm({ seed: 8 })];
  expect(JSON.stringify(second.events)).toBe(JSON.stringify(first.events));
  expect(second.replicas.map((replica) => Buffer.from(replica.buffer).toString('base64'))).toEqual(
    first.replicas.map((replica) => Buffer.from(replica.buffer).toString('base64')),
  );
  expect(JSON.stringify(other.events)).not.toBe(JSON.stringify(first.events));
  expect(other.replicas[0]).not.toEqual(first.replicas[0]);
});

test.each(['partial', 'dense', 'none'] as const)(
  '%s trains, and what is shared ends equal on all peers',
  async (strategy) => {
    const { reports, replicas, events } = await swarm({ exchange: { ...exchange, strategy } });
    for (const report of reports) {
      expect(report.fingerprintHolds).toBe(true);
      expect(report.accuracy).toBeGreaterThan(0.4);
      expect(report.invalidMessages).toBe(0);
    }
    expect(events.filter(({ type }) => type === 'warning')).toEqual([]);
    const shared = strategy !== 'none';
    for (const [k, replica] of replicas.entries()) {
      if (k > 0)
        expect(Buffer.compare(Buffer.from(replica.buffer), Buffer.from(replicas[0]!.buffer)) === 0).toBe(shared);
      if (shared) expect(reports[k]!.vector).toEqual(reports[0]!.vector);
      expect(reports[k]!.published > 0).toBe(shared);
    }
  },
);

test('what a crashed peer had told only some of the others reaches all of them from their logs', async () => {
  const { reports, replicas, events } = await swarm({ seed: 3 }, [{ kind: 'crash', peer: 3, atMs: 700 }]);
  expect(reports).toHaveLength(3);
  const crashed = Object.keys(reports[0]!.vector).find((origin) => origin.startsWith('peer-3/'))!;
  expect(reports[0]!.vector[crashed]).toBeGreaterThan(5);
  expect(events.filter((event) => event.type === 'member' && event.state === 'silent')).toHaveLength(3);
  for (const [k, report] of reports.entries()) {
    expect(report.vector).toEqual(reports[0]!.vector);
    expect(replicas[k]).toEqual(replicas[0]);
    expect(report.rounds).toBeGreaterThan(50);
  }
});
