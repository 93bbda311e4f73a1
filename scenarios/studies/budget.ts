import '../../src/support/polyfill.ts';
import { parseArgs } from 'node:util';
import type { PeerEvent } from '../../peer/events.ts';
import { evaluationSamples } from '../../peer/replica/evaluation-samples.ts';
import { chooseBackend } from '../../src/compute/backends.ts';
import { createCompute } from '../../src/compute/tensorflow-compute.ts';
import { digitsDataset } from '../../src/datasets/digits.ts';
import { seededRandom } from '../../src/support/random.ts';
import { resolveScenario } from '../define-scenario.ts';
import { manifestOf } from '../manifest.ts';
import gossipScale from '../scripts/gossip-scale.ts';
import { virtualLinks } from '../simulated/virtual-links.ts';
import { runVirtualSwarm } from '../simulated/virtual-swarm.ts';
import { synchronousAccuracy } from './synchronous.ts';

/**
 * gossip-scale at several sizes: what each peer sends of its budget, and how good the model is at the same swarm samples
 * beside synchronous dense training.
 *
 *     npm run study:budget -- [--peers 4,16,64,256] [--bytes 20000] [--seed 1]
 */
const { values } = parseArgs({
  options: {
    peers: { type: 'string', default: '4,16,64,256' },
    bytes: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});
await chooseBackend('wasm');
for (const peers of values.peers.split(',').map(Number)) {
  const scenario = resolveScenario({
    ...gossipScale,
    peers,
    seed: Number(values.seed),
    limits: { ...gossipScale.limits, samples: (gossipScale.limits.samples / gossipScale.peers!) * peers },
  });
  if (values.bytes !== undefined) scenario.exchange.budgetBytesPerSecond = Number(values.bytes);
  const { data, evaluation, simulation, exchange } = scenario;
  const dataset = digitsDataset({ seed: scenario.seed, train: data.train!, test: data.test! });
  const samples = evaluationSamples(dataset, evaluation.samples, seededRandom(scenario.seed).fork('evaluation'));
  const manifest = await manifestOf(scenario, process.cwd());
  const compute = await createCompute({ topology: manifest.model.topology, backend: 'wasm' });
  const components = { compute, dataset, samples };
  const dense = await synchronousAccuracy(components, manifest);
  const model = { stepMs: Number(simulation.step.ms), evaluationMs: simulation.evaluationMs };
  const { events, reports } = await runVirtualSwarm(components, {
    manifest,
    link: virtualLinks(simulation.links),
    model,
  });
  compute.dispose();
  const sent = egressOf(events).map((bytesPerSecond) => bytesPerSecond / exchange.budgetBytesPerSecond!);
  const accuracy = middle(reports.map((report) => report.accuracy));
  const shares = `${sent[0]!.toFixed(2)} to ${sent.at(-1)!.toFixed(2)}, median ${middle(sent).toFixed(2)}`;
  const rounds = middle(reports.map((report) => report.rounds));
  console.log(
    `${peers} peers, ${rounds} rounds: egress over budget ${shares}; ` +
      `accuracy ${(100 * accuracy).toFixed(2)} %, synchronous dense ${(100 * dense).toFixed(2)} %`,
  );
}

/** What each peer sent a second from its start until the first one finished, the least first. */
function egressOf(events: readonly PeerEvent[]): number[] {
  const endMs = events.find(({ type }) => type === 'finishing')?.atMs ?? Number.POSITIVE_INFINITY;
  const courses = new Map<string, { atMs: number; bytesSent: number }[]>();
  for (const event of events) {
    if (event.type !== 'progress' || event.atMs > endMs) continue;
    const course = courses.get(event.peer) ?? [];
    courses.set(event.peer, course);
    course.push({ atMs: event.atMs, bytesSent: event.progress.bytesSent });
  }
  return [...courses.values()]
    .map((course) => {
      const [first, last] = [course[0]!, course.at(-1)!];
      return (1000 * (last.bytesSent - first.bytesSent)) / (last.atMs - first.atMs);
    })
    .sort((a, b) => a - b);
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
