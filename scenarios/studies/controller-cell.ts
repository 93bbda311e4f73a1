import { layers, sequential } from '@tensorflow/tfjs-layers';
import type { PeerEvent } from '../../peer/events.ts';
import { evaluationSamples } from '../../peer/replica/evaluation-samples.ts';
import type { LinkSettings } from '../../protocols/simulated/links.ts';
import { chooseBackend } from '../../src/compute/backends.ts';
import { createCompute } from '../../src/compute/tensorflow-compute.ts';
import { digitsDataset } from '../../src/datasets/digits.ts';
import { seededRandom } from '../../src/support/random.ts';
import { resolveScenario, type ScenarioDefinition } from '../define-scenario.ts';
import { manifestOf } from '../manifest.ts';
import { type Happening, runVirtualSwarm } from '../simulated/virtual-swarm.ts';

/** A swarm on a network: 784-32-10 on digits, batch 16, four peers that take 20 ms a step. */
export interface Cell {
  /** Of each peer's uplink; 30 to 40 ms lie between two peers. */
  readonly mbits: number;
  readonly exchange: StudyExchange;
  readonly seed: number;
  /** Where it ends: the accuracy that more than half of the peers confirm, or after so many seconds. */
  readonly target: number;
  readonly seconds: number;
  /** From some moment after the first round's start, about, the uplinks are others. */
  readonly relink?: { readonly atSeconds: number; readonly mbits: number };
}

export type StudyExchange = NonNullable<ScenarioDefinition['exchange']>;

const PEERS = 4;
const BATCH = 16;
const STEP_MS = 20;
/** Swarm samples between two evaluations of a peer: 0.4 s of virtual time. */
const EVALUATION_SAMPLES = 20 * BATCH * PEERS;
const TEST_SAMPLES = 500;
const dataset = digitsDataset({ seed: 1, train: 6000, test: TEST_SAMPLES });
const samples = evaluationSamples(dataset, TEST_SAMPLES, seededRandom(1));

/** All peers' events, times in seconds from the first round's start. */
export async function runCell({ mbits, exchange, seed, target, seconds, relink }: Cell): Promise<readonly PeerEvent[]> {
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
    const happenings: Happening[] =
      relink === undefined ? [] : [{ kind: 'relink', atMs: 1000 * relink.atSeconds, link: linkOf(relink.mbits) }];
    const init = { manifest, link: linkOf(mbits), model, happenings };
    const { events } = await runVirtualSwarm({ compute, dataset, samples }, init);
    const startMs = events.find(({ type }) => type === 'started')!.atMs;
    return events.map((event) => ({ ...event, atMs: event.atMs - startMs }));
  } finally {
    compute.dispose();
  }
}

function linkOf(mbits: number): LinkSettings {
  return { latencyMs: 30, jitterMs: 10, bytesPerSecond: (mbits * 1e6) / 8 };
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

/** Local steps, partitions and density of a setting as one number: the share of all entries that a step tells. */
const tellingOf = (event: PeerEvent) =>
  event.type === 'tuned' ? event.density / event.partitions / event.localSteps : Number.NaN;
/** A setting has settled where what a step tells stays within this factor of its median from then on: probing goes on. */
const SETTLED_WITHIN = 2;

/** Seconds from `changeSeconds` until the last peer's setting has settled. */
export function settledSeconds(events: readonly PeerEvent[], changeSeconds: number): number {
  const names = new Set(events.map(({ peer }) => peer));
  const settled = [...names].map((name) => {
    const after = events.filter(
      (event) => event.type === 'tuned' && event.peer === name && event.atMs > 1000 * changeSeconds,
    );
    const late = after
      .slice(after.length >> 1)
      .map(tellingOf)
      .sort((a, b) => a - b);
    const median = late[late.length >> 1] ?? Number.NaN;
    const strays = after.filter((event) => {
      const factor = tellingOf(event) / median;
      return factor > SETTLED_WITHIN || factor < 1 / SETTLED_WITHIN;
    });
    return (strays.at(-1)?.atMs ?? 1000 * changeSeconds) / 1000 - changeSeconds;
  });
  return Math.max(...settled);
}
