import { layers, sequential } from '@tensorflow/tfjs-layers';
import type { PeerEvent } from '../../peer/events.ts';
import { evaluationSamples } from '../../peer/replica/evaluation-samples.ts';
import { chooseBackend } from '../../src/compute/backends.ts';
import { createCompute } from '../../src/compute/tensorflow-compute.ts';
import { digitsDataset } from '../../src/datasets/digits.ts';
import { seededRandom } from '../../src/support/random.ts';
import { resolveScenario, type ScenarioDefinition } from '../define-scenario.ts';
import { manifestOf } from '../manifest.ts';
import { runVirtualSwarm, type VirtualSwarmInit } from '../simulated/virtual-swarm.ts';

/** A swarm on a network: 784-32-10 on digits, batch 16, four peers that take 20 ms a step. */
export interface Cell {
  readonly link: VirtualSwarmInit['link'];
  readonly exchange: ScenarioDefinition['exchange'];
  readonly seed: number;
  /** Where it ends: the accuracy that more than half of the peers confirm, or after so many seconds. */
  readonly target: number;
  readonly seconds: number;
  readonly intrude?: VirtualSwarmInit['intrude'];
}

const PEERS = 4;
const BATCH = 16;
const STEP_MS = 20;
/** Swarm samples between two evaluations of a peer: 0.4 s of virtual time. */
const EVALUATION_SAMPLES = 20 * BATCH * PEERS;
const TEST_SAMPLES = 500;
const dataset = digitsDataset({ seed: 1, train: 6000, test: TEST_SAMPLES });
const samples = evaluationSamples(dataset, TEST_SAMPLES, seededRandom(1));

/** All peers' events, times in seconds from the first round's start. */
export async function runCell({ link, exchange, seed, target, seconds, intrude }: Cell): Promise<readonly PeerEvent[]> {
  await chooseBackend('wasm');
  const definition: ScenarioDefinition = {
    name: 'study',
    seed,
    peers: PEERS,
    model: () =>
      sequential({
        layers: [layers.dense({ inputShape: [784], units: 32, activation: 'relu' }), layers.dense({ units: 10 })],
      }),
    training: { batch: BATCH, rate: 0.1, momentum: 0.9, schedule: 'constant' },
    exchange,
    evaluation: { everySamples: EVALUATION_SAMPLES, samples: TEST_SAMPLES },
    target: { value: target },
    limits: { samples: 1e9, seconds },
  };
  const manifest = await manifestOf(resolveScenario(definition), process.cwd());
  const compute = await createCompute({ topology: manifest.model.topology, backend: 'wasm' });
  const model = { stepMs: STEP_MS, evaluationMs: 0 };
  try {
    const init = { manifest, link, model, ...(intrude && { intrude }) };
    const { events } = await runVirtualSwarm({ compute, dataset, samples }, init);
    const startMs = events.find(({ type }) => type === 'started')!.atMs;
    return events.map((event) => ({ ...event, atMs: event.atMs - startMs }));
  } finally {
    compute.dispose();
  }
}

/** Evaluations, of all peers, over whose mean the accuracy is judged: two rounds of the swarm. */
const JUDGED = 2 * PEERS;

/** Seconds until the mean accuracy of the peers' latest evaluations reached `target`; null where it did not. */
export function secondsToTarget(events: readonly PeerEvent[], target: number): number | null {
  const scores: number[] = [];
  for (const event of events) {
    if (event.type !== 'evaluation') continue;
    scores.push(event.accuracy);
    const latest = scores.slice(-JUDGED);
    if (latest.length === JUDGED && latest.reduce((sum, score) => sum + score, 0) / JUDGED >= target) {
      return event.atMs / 1000;
    }
  }
  return null;
}
