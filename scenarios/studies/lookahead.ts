import '../../src/support/polyfill.ts';
import { parseArgs } from 'node:util';
import { evaluationSamples } from '../../peer/replica/evaluation-samples.ts';
import { createCompute } from '../../src/compute/tensorflow-compute.ts';
import { nodeDisk } from '../../src/datasets/disk.ts';
import { loadMnist } from '../../src/datasets/mnist.ts';
import { seededRandom } from '../../src/support/random.ts';
import { resolveScenario, type ScenarioDefinition } from '../define-scenario.ts';
import { manifestOf } from '../manifest.ts';
import { runVirtualSwarm } from '../simulated/virtual-swarm.ts';

/**
 * The lookahead table of the design, section 7, on this code: 784-100-10 on MNIST, batch 32, density 1 %, H * p = 16,
 * accuracy of S on the whole test set, on virtual time.
 *
 *     npx tsx scenarios/studies/lookahead.ts --data DIR [--peers 4|16] [--seed N]
 */
interface Row {
  readonly peers: number;
  readonly localSteps: number;
  readonly partitions: number;
  readonly delayRounds: number;
  readonly steps: number;
  readonly labelsPerPeer: number | null;
  readonly lookaheads: readonly ('auto' | 'recent' | number)[];
}

const like = { labelsPerPeer: null } as const;
const unlike = { labelsPerPeer: 2, partitions: 1 } as const;
const rows: readonly Row[] = [
  {
    peers: 4,
    localSteps: 4,
    partitions: 4,
    delayRounds: 1,
    steps: 1200,
    ...like,
    lookaheads: [1, 2, 4, 'recent', 'auto'],
  },
  {
    peers: 4,
    localSteps: 16,
    partitions: 1,
    delayRounds: 5,
    steps: 1200,
    ...like,
    lookaheads: [1, 2, 4, 'recent', 'auto'],
  },
  { peers: 4, localSteps: 4, delayRounds: 1, steps: 1200, ...unlike, lookaheads: [1, 2, 'recent', 'auto'] },
  {
    peers: 16,
    localSteps: 4,
    partitions: 4,
    delayRounds: 1,
    steps: 600,
    ...like,
    lookaheads: [2, 4, 8, 'recent', 'auto'],
  },
  {
    peers: 16,
    localSteps: 4,
    partitions: 4,
    delayRounds: 5,
    steps: 600,
    ...like,
    lookaheads: [4, 8, 16, 'recent', 'auto'],
  },
  { peers: 16, localSteps: 4, delayRounds: 1, steps: 600, ...unlike, lookaheads: [4, 'recent', 'auto'] },
];

/** Virtual time of one step; only its ratio to the latency matters. */
const STEP_MS = 10;
const BATCH = 32;

function definitionOf(row: Row, lookahead: Row['lookaheads'][number], path: string, seed: number): ScenarioDefinition {
  const samples = row.peers * row.steps * BATCH;
  return {
    name: 'lookahead-study',
    seed,
    peers: row.peers,
    model: 'mlp-100',
    data: { kind: 'mnist', path, labelsPerPeer: row.labelsPerPeer },
    training: { batch: BATCH, rate: 0.1, momentum: 0.9, schedule: 'step' },
    exchange: {
      localSteps: row.localSteps,
      partitions: row.partitions,
      density: 0.01,
      warmup: [0.25, 0.06, 0.015],
      lookahead,
      staleness: 1_000,
    },
    // Only the end counts.
    evaluation: { everySamples: 2 * samples },
    target: { value: 1 },
    limits: { samples, seconds: 86_400 },
  };
}

const { values } = parseArgs({
  options: { data: { type: 'string' }, peers: { type: 'string' }, seed: { type: 'string', default: '0' } },
});
const path = values.data ?? '';
const seed = Number(values.seed);
const dataset = await loadMnist(nodeDisk, path, { train: null, test: null });
const samples = evaluationSamples(dataset, 1, seededRandom(seed));
for (const row of rows.filter(({ peers }) => values.peers === undefined || peers === Number(values.peers))) {
  const { peers, localSteps, partitions, delayRounds, labelsPerPeer } = row;
  const cells: string[] = [];
  for (const lookahead of row.lookaheads) {
    const manifest = await manifestOf(resolveScenario(definitionOf(row, lookahead, path, seed)), process.cwd());
    const compute = await createCompute({ topology: manifest.model.topology, backend: 'wasm' });
    // A frame is applied at the first round that starts after its arrival: half a round later on average.
    const link = { latencyMs: (delayRounds - 0.5) * localSteps * STEP_MS };
    const model = { stepMs: STEP_MS, evaluationMs: 0 };
    const { reports } = await runVirtualSwarm({ compute, dataset, samples }, { manifest, link, model });
    compute.dispose();
    const accuracies = reports.map(({ accuracy }) => 100 * accuracy).sort((a, b) => a - b);
    cells.push(`${lookahead}: ${accuracies[accuracies.length >> 1]!.toFixed(2)}`);
  }
  const shards = labelsPerPeer === null ? '' : `, ${labelsPerPeer} labels a peer`;
  console.log(`n ${peers}, H ${localSteps}, p ${partitions}, delay ${delayRounds}${shards} | ${cells.join(', ')}`);
}
