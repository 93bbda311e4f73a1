import { evaluationSamples } from '../../peer/replica/evaluation-samples.ts';
import { createCompute } from '../../src/compute/tensorflow-compute.ts';
import { nodeDisk } from '../../src/datasets/disk.ts';
import { loadMnist } from '../../src/datasets/mnist.ts';
import { seededRandom } from '../../src/support/random.ts';
import { resolveScenario, type ScenarioDefinition } from '../define-scenario.ts';
import { manifestOf } from '../manifest.ts';
import { runVirtualSwarm } from '../simulated/virtual-swarm.ts';

/** One setting of the design's tables: 784-100-10 on MNIST, batch 32, density 1 %, rate cut tenfold for the last quarter. */
export interface Cell {
  readonly peers: number;
  readonly localSteps: number;
  readonly partitions: number;
  /** Rounds between an update's publication and its application elsewhere. */
  readonly delayRounds: number;
  /** Local steps of each peer. */
  readonly steps: number;
  readonly labelsPerPeer: number | null;
  readonly lookahead: 'auto' | 'recent' | number;
  readonly seed: number;
}

/** Virtual time of one step; only its ratio to the latency matters. */
const STEP_MS = 10;
const BATCH = 32;

/** Runs a cell on the simulated network and virtual time; returns the median accuracy of S on the whole test set. */
export async function accuracyOfCell(cell: Cell, mnistFolder: string): Promise<number> {
  const dataset = await loadMnist(nodeDisk, mnistFolder, { train: null, test: null });
  const samples = evaluationSamples(dataset, 1, seededRandom(cell.seed));
  const manifest = await manifestOf(resolveScenario(definitionOf(cell, mnistFolder)), process.cwd());
  const compute = await createCompute({ topology: manifest.model.topology, backend: 'wasm' });
  // Applied at the first round that starts after its arrival: half a round later on average.
  const latencyRounds = Math.max(0, cell.delayRounds - 1.5);
  const link = { latencyMs: 1 + latencyRounds * cell.localSteps * STEP_MS };
  const model = { stepMs: STEP_MS, evaluationMs: 0 };
  try {
    const { reports } = await runVirtualSwarm({ compute, dataset, samples }, { manifest, link, model });
    const accuracies = reports.map(({ accuracy }) => accuracy).sort((a, b) => a - b);
    return accuracies[accuracies.length >> 1]!;
  } finally {
    compute.dispose();
  }
}

function definitionOf(cell: Cell, path: string): ScenarioDefinition {
  const { seed, peers, localSteps, partitions, lookahead, labelsPerPeer } = cell;
  const samples = peers * cell.steps * BATCH;
  // A delay of one round means that every update is applied before the next round starts: the bound sees to it.
  const staleness = cell.delayRounds === 1 ? 1 : 1_000;
  return {
    name: 'study',
    seed,
    peers,
    model: 'mlp-100',
    data: { kind: 'mnist', path, labelsPerPeer },
    training: { batch: BATCH, rate: 0.1, momentum: 0.9, schedule: 'step' },
    exchange: { localSteps, partitions, density: 0.01, warmup: [0.25, 0.06, 0.015], lookahead, staleness },
    // Only the end counts.
    evaluation: { everySamples: 2 * samples },
    target: { value: 1 },
    limits: { samples, seconds: 86_400 },
  };
}
