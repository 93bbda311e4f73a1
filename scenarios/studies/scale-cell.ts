import type { PeerReport } from '../../peer/events.ts';
import { evaluationSamples } from '../../peer/replica/evaluation-samples.ts';
import { Replica } from '../../peer/replica/replica.ts';
import type { Network } from '../../protocols/network.ts';
import { chooseBackend } from '../../src/compute/backends.ts';
import { createCompute } from '../../src/compute/tensorflow-compute.ts';
import { digitsDataset } from '../../src/datasets/digits.ts';
import { seededRandom } from '../../src/support/random.ts';
import { systemClock } from '../../src/support/system-clock.ts';
import { resolveScenario } from '../define-scenario.ts';
import { manifestOf } from '../manifest.ts';
import { spread } from '../runner/summary.ts';
import gossipScale from '../scripts/gossip-scale.ts';
import { virtualLinks } from '../simulated/virtual-links.ts';
import { runVirtualSwarm } from '../simulated/virtual-swarm.ts';
import { SpreadWatch } from './spread-watch.ts';

/** What one size of swarm measured. Rates are means over the peers, by virtual time since the first peer listened. */
export interface ScaleRow {
  readonly peers: number;
  /** Of each peer. */
  readonly rounds: number;
  readonly sentBytesPerSecond: number;
  readonly receivedBytesPerSecond: number;
  readonly connections: number;
  /** Medians over the peers, of updates when they are applied, the time in `pending` included. */
  readonly ageSeconds: { readonly p50: number; readonly p99: number };
  /** From an update's publication until every peer has applied it; the median of those watched. */
  readonly spreadRounds: number;
  readonly accuracy: number;
  /** Whether all ended with one fingerprint. */
  readonly equal: boolean;
  /** Updates of others applied, by all peers together. */
  readonly deliveries: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  /** Of this process until then, which runs the sizes one after the other. */
  readonly peakRssBytes: number;
}

/** The same for all sizes: no controller, for which every size would be another exchange. */
const SETTING = { localSteps: 2, partitions: 8, density: 0.05 };
const TEST_SAMPLES = 2000;
const STAND_INS = 500;
const dataset = digitsDataset({ seed: 1, train: 16_384, test: TEST_SAMPLES });
const samples = evaluationSamples(dataset, STAND_INS, seededRandom(1));

/** Runs `gossip-scale` with so many peers until the swarm has trained on `swarmSamples`. */
export async function runScaleCell(peers: number, swarmSamples: number): Promise<ScaleRow> {
  await chooseBackend('wasm');
  const scenario = resolveScenario({
    ...gossipScale,
    peers,
    exchange: { ...SETTING, warmup: [] },
    evaluation: { samples: STAND_INS, everySamples: swarmSamples },
    limits: { samples: swarmSamples },
  });
  const { simulation } = scenario;
  const stepMs = Number(simulation.step.ms);
  const manifest = await manifestOf(scenario, process.cwd());
  const compute = await createCompute({ topology: manifest.model.topology, backend: 'wasm' });
  const watch = new SpreadWatch();
  const networks: Network[] = [];
  const [startMs, startCpu] = [systemClock.nowMs(), process.cpuUsage()];
  let [firstMs, lastMs, connections] = [Number.POSITIVE_INFINITY, 0, 0];
  try {
    const { reports } = await runVirtualSwarm(
      { compute, dataset, samples },
      {
        manifest,
        link: virtualLinks(simulation.links),
        model: { stepMs, evaluationMs: simulation.evaluationMs },
        keepsEvents: false,
        watch: { replica: (_, start, init) => new Replica(start, init), network: (each) => networks.push(each) },
        onPublished: ({ origin }) => watch.published(origin),
        accompany: (all, clock) => watch.accompany(all, clock),
        onEvent: ({ atMs, type }) => {
          firstMs = Math.min(firstMs, atMs);
          lastMs = Math.max(lastMs, atMs);
          if (type === 'finishing' && connections === 0)
            connections = mean(networks.map((each) => each.connected.size));
        },
      },
    );
    const cpu = process.cpuUsage(startCpu);
    return {
      peers,
      rounds: mean(reports.map(({ rounds }) => rounds)),
      ...measured(reports, (lastMs - firstMs) / 1000),
      connections,
      spreadRounds: watch.medianMs() / (stepMs * SETTING.localSteps),
      wallSeconds: (systemClock.nowMs() - startMs) / 1000,
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
      peakRssBytes: 1024 * process.resourceUsage().maxRSS,
    };
  } finally {
    compute.dispose();
  }
}

function measured(reports: readonly PeerReport[], seconds: number) {
  const ages = reports.flatMap(({ updateAgeSeconds }) => updateAgeSeconds ?? []);
  return {
    sentBytesPerSecond: mean(reports.map(({ bytesSent }) => bytesSent)) / seconds,
    receivedBytesPerSecond: mean(reports.map(({ bytesReceived }) => bytesReceived)) / seconds,
    ageSeconds: { p50: median(ages.map(({ p50 }) => p50)), p99: median(ages.map(({ p99 }) => p99)) },
    accuracy: median(reports.map(({ accuracy }) => accuracy)),
    equal: new Set(reports.map(({ fingerprint }) => fingerprint)).size === 1,
    deliveries: sum(reports.flatMap(({ applied }) => Object.values(applied))),
  };
}

function median(values: readonly number[]): number {
  return spread(values)?.median ?? Number.NaN;
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
