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
import { type EgressEvent, egressOf } from './egress.ts';
import { SpreadWatch } from './spread-watch.ts';
import { synchronousAccuracy } from './synchronous.ts';

/** What one size of swarm measured. Rates are means over the peers, by virtual time since the first peer listened. */
export interface ScaleRow {
  readonly peers: number;
  /** Of each peer. */
  readonly rounds: number;
  readonly swarmSamples: number;
  readonly sentBytesPerSecond: number;
  readonly receivedBytesPerSecond: number;
  /** What each peer sent from its first round until the first one finished, over its budget. */
  readonly egress: { readonly min: number; readonly median: number; readonly max: number };
  readonly connections: number;
  /** Medians over the peers, of updates when they are applied, the time in `pending` included. */
  readonly ageSeconds: { readonly p50: number; readonly p99: number };
  /** From an update's publication until every peer has applied it; the median of those watched. */
  readonly spreadRounds: number;
  readonly accuracy: number;
  /** Of synchronous dense training on as many samples. */
  readonly denseAccuracy: number;
  /** Whether all ended with one fingerprint. */
  readonly equal: boolean;
  /** Updates of others applied, by all peers together. */
  readonly deliveries: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  /** Of this process until then, which runs the sizes one after the other. */
  readonly peakRssBytes: number;
}

/** Runs `gossip-scale` with so many peers until they have trained so many rounds of its first setting, all told. */
export async function runScaleCell(peers: number, rounds: number): Promise<ScaleRow> {
  await chooseBackend('wasm');
  const { training, exchange, evaluation, limits } = resolveScenario(gossipScale);
  const swarmSamples = peers * rounds * training.batch * exchange.localSteps;
  const scenario = resolveScenario({
    ...gossipScale,
    peers,
    evaluation: { ...evaluation, everySamples: swarmSamples },
    limits: { ...limits, samples: swarmSamples },
  });
  const { data, simulation, seed } = scenario;
  const dataset = digitsDataset({ seed, train: data.train!, test: data.test! });
  const samples = evaluationSamples(dataset, evaluation.samples, seededRandom(seed).fork('evaluation'));
  const manifest = await manifestOf(scenario, process.cwd());
  const compute = await createCompute({ topology: manifest.model.topology, backend: 'wasm' });
  const components = { compute, dataset, samples };
  const stepMs = Number(simulation.step.ms);
  const watch = new SpreadWatch();
  const networks: Network[] = [];
  const events: EgressEvent[] = [];
  const [startMs, startCpu] = [systemClock.nowMs(), process.cpuUsage()];
  let [firstMs, lastMs, connections] = [Number.POSITIVE_INFINITY, 0, 0];
  try {
    const { reports } = await runVirtualSwarm(components, {
      manifest,
      link: virtualLinks(simulation.links),
      model: { stepMs, evaluationMs: simulation.evaluationMs },
      keepsEvents: false,
      watch: { replica: (_, start, init) => new Replica(start, init), network: (each) => networks.push(each) },
      onPublished: ({ origin }) => watch.published(origin),
      accompany: (all, clock) => watch.accompany(all, clock),
      onEvent: (event) => {
        firstMs = Math.min(firstMs, event.atMs);
        lastMs = Math.max(lastMs, event.atMs);
        if (event.type === 'progress' || event.type === 'finishing') events.push(event);
        if (event.type === 'finishing' && connections === 0)
          connections = mean(networks.map((each) => each.connected.size));
      },
    });
    const cpu = process.cpuUsage(startCpu);
    const wallSeconds = (systemClock.nowMs() - startMs) / 1000;
    return {
      peers,
      rounds: mean(reports.map((report) => report.rounds)),
      swarmSamples,
      ...measured(reports, (lastMs - firstMs) / 1000),
      egress: spread(egressOf(events).map((bytesPerSecond) => bytesPerSecond / exchange.budgetBytesPerSecond!))!,
      connections,
      spreadRounds: watch.medianMs() / (stepMs * exchange.localSteps),
      denseAccuracy: await synchronousAccuracy(components, manifest),
      wallSeconds,
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
