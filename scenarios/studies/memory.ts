import '../../src/support/polyfill.ts';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/support/system-clock.ts';
import { resolveScenario } from '../define-scenario.ts';
import { manifestOf } from '../manifest.ts';
import { LiveView } from '../runner/live-view.ts';
import { ownPeerCommand } from '../runner/peer-process.ts';
import { summarize } from '../runner/summary.ts';
import { runSwarm } from '../runner/swarm.ts';
import { RunTally } from '../runner/tally.ts';
import mnist from '../scripts/mnist-lenet-300-100.ts';
import { memoryDrawing, memoryPage } from './memory-page.ts';

/**
 * Whether a long run's memory stays flat: four real peers, built as they are shipped; writes memory.md and memory.svg.
 *
 *     npm run study:memory -- --data FOLDER [--minutes 60] [--out docs]
 */
const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    minutes: { type: 'string', default: '60' },
    out: { type: 'string', default: 'docs' },
  },
});
const seconds = 60 * Number(values.minutes);
const scenario = resolveScenario({
  ...mnist,
  data: { kind: 'mnist', path: values.data ?? null },
  // How many samples there will be is not known, and the exchange must not calm down before the end.
  training: { ...mnist.training, rate: 0.1, schedule: 'constant' },
  target: { value: 1 },
  limits: { samples: 1e12, seconds },
});
const startedAtMs = systemClock.nowMs();
const manifest = await manifestOf(scenario, process.cwd());
const tally = new RunTally(manifest);
const folder = await mkdtemp(join(tmpdir(), 'murmuration-'));
const view = new LiveView(process.stderr, systemClock);
try {
  const manifestFile = join(folder, 'manifest.json');
  await writeFile(manifestFile, JSON.stringify(manifest));
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  view.start(manifest, tally, startedAtMs);
  const ending = await runSwarm(
    {
      clock: systemClock,
      peerCommand: ownPeerCommand(),
      interrupt: interrupted.signal,
      onPeerEvent: (index, event) => tally.add(index, event),
      onRunnerEvent: () => {},
    },
    { manifest, manifestFile, processes: null },
  );
  view.stop();
  if (ending.kind === 'failed') throw ending.error;
  const summary = summarize(manifest, tally, startedAtMs);
  const run = { manifest, tally, summary, control: null, startedAtMs };
  const command = `npm run study:memory -- --data FOLDER --minutes ${values.minutes}`;
  const machine = `Node ${process.versions.node}, ${cpus().length} cores`;
  await writeFile(join(values.out, 'memory.svg'), memoryDrawing(run));
  await writeFile(join(values.out, 'memory.md'), memoryPage(run, seconds, command, machine));
} finally {
  view.stop();
  await rm(folder, { recursive: true });
}
