import { fillDataCache } from '../peer/machine/data-cache.ts';
import { type Manifest, manifestDigest } from '../src/manifest.ts';
import type { Clock } from '../src/support/clock.ts';
import { VirtualClock } from '../src/support/virtual-clock.ts';
import type { Scenario } from './define-scenario.ts';
import { manifestOf } from './manifest.ts';
import { renderReport } from './report/report.ts';
import { showDownloads } from './runner/download-bar.ts';
import { LiveView, type ProgressOutput } from './runner/live-view.ts';
import type { PeerCommand } from './runner/peer-process.ts';
import { RunFolder } from './runner/run-folder.ts';
import { type Summary, summarize } from './runner/summary.ts';
import { runSwarm, type SwarmEnding, type SwarmListener } from './runner/swarm.ts';
import { RunTally } from './runner/tally.ts';
import type { SimulatedSwarmComponents } from './simulated/simulate-swarm.ts';
import { machinesOf, START_MS } from './simulated/simulation.ts';

export interface ScenarioComponents {
  readonly clock: Clock;
  readonly peerCommand: PeerCommand;
  readonly progress: ProgressOutput;
  readonly interrupt: AbortSignal;
}

export interface ScenarioPaths {
  /** Where the run's folder is made. */
  readonly out: string;
  /** What a relative `data.path` counts from. */
  readonly working: string;
}

export interface ScenarioOutcome {
  /** Of the run, or of its control where only that one came to no orderly end. */
  readonly ending: SwarmEnding;
  readonly summary: Summary;
  /** The same swarm without exchange, for as many samples as it took; null where it was not asked for or not run. */
  readonly control: Summary | null;
  readonly folder: string;
  readonly reportFile: string;
}

/** A run or its control: what is run, since when, and what is known of it. */
interface Course {
  readonly scenario: Scenario;
  readonly manifest: Manifest;
  readonly tally: RunTally;
  readonly startedAtMs: number;
  /** The time of a simulated run; null for a real one's. */
  readonly time: VirtualClock | null;
}

/**
 * Runs a scenario and, where it asks for one, its control; writes `manifest.json`, `events.jsonl`, `summary.json`
 * and `report.html` into a new folder, also when the run fails or is interrupted. Nothing is left running.
 */
export async function runScenario(
  components: ScenarioComponents,
  scenario: Scenario,
  paths: ScenarioPaths,
): Promise<ScenarioOutcome> {
  const now = new Date(components.clock.nowMs()).toISOString().slice(0, 19).replaceAll(':', '-');
  const course = await courseOf(components, scenario, paths);
  const { manifest, tally, startedAtMs } = course;
  // Once, before the peers all want it.
  const { progress, interrupt } = components;
  await showDownloads(progress, (onProgress) => fillDataCache(manifest.data, onProgress, interrupt));
  const folder = await RunFolder.create(paths.out, `${manifest.name}-${now}`);
  const { ending, summary } = await runInto(folder, components, course);
  const control = ending.kind === 'finished' ? await runControl(components, scenario, summary, folder, paths) : null;
  const controlSummary = control?.ending.kind === 'finished' ? control.summary : null;
  const reportFile = await folder.write(
    'report.html',
    renderReport({ manifest, tally, summary, control: controlSummary, startedAtMs }),
  );
  return {
    ending: control?.ending ?? ending,
    summary,
    control: controlSummary,
    folder: folder.path,
    reportFile,
  };
}

/** The run's clock starts here, before any data is read. */
async function courseOf({ clock }: ScenarioComponents, scenario: Scenario, paths: ScenarioPaths): Promise<Course> {
  const time = scenario.mode === 'simulated' ? new VirtualClock(START_MS) : null;
  const startedAtMs = (time ?? clock).nowMs();
  const manifest = await manifestOf(scenario, paths.working);
  const machines = time === null ? manifest.peers : machinesOf(scenario.simulation, manifest.peers);
  return { scenario, manifest, time, startedAtMs, tally: new RunTally(manifest, machines) };
}

async function runInto(
  folder: RunFolder,
  components: ScenarioComponents,
  course: Course,
): Promise<{ ending: SwarmEnding; summary: Summary }> {
  const { progress, clock } = components;
  const { scenario, manifest, tally, startedAtMs, time } = course;
  const manifestFile = await folder.write('manifest.json', `${JSON.stringify(manifest, null, 2)}\n`);
  folder.log({ atMs: startedAtMs, peer: 'runner', type: 'run-started', manifest: manifestDigest(manifest) });
  const view = new LiveView(progress, clock);
  view.start(manifest, tally, startedAtMs, time ?? clock);
  const listener: SwarmListener = {
    onPeerEvent: (index, event) => {
      folder.log({ index, ...event });
      tally.add(index, event);
    },
    onRunnerEvent: (event) => folder.log(event),
  };
  let ending: SwarmEnding;
  try {
    ending = await (time === null
      ? runSwarm({ ...components, ...listener }, { manifest, manifestFile, processes: scenario.processes })
      : simulate({ ...components, ...listener, folder, time, say: (line) => view.say(line) }, course));
  } finally {
    view.stop();
    await folder.close();
  }
  const summary = summarize(manifest, tally, startedAtMs, scenario.mode);
  await folder.write('summary.json', `${JSON.stringify(summary, null, 2)}\n`);
  return { ending, summary };
}

async function simulate(components: SimulatedSwarmComponents, { manifest, scenario }: Course): Promise<SwarmEnding> {
  // Only here is the whole of a peer loaded into this process.
  const { simulateSwarm } = await import('./simulated/simulate-swarm.ts');
  return simulateSwarm(components, manifest, scenario.simulation);
}

/** Each peer alone on as many samples as the swarm took to its target, in a folder `control` inside the run's. */
async function runControl(
  components: ScenarioComponents,
  scenario: Scenario,
  { samplesToTarget }: Summary,
  parent: RunFolder,
  paths: ScenarioPaths,
): Promise<{ ending: SwarmEnding; summary: Summary } | null> {
  if (scenario.control === null || samplesToTarget === null) return null;
  const alone: Scenario = {
    ...scenario,
    exchange: { ...scenario.exchange, strategy: scenario.control },
    limits: { ...scenario.limits, samples: samplesToTarget },
    // Out of reach, so that all the samples are used.
    target: { ...scenario.target, value: 1 },
    control: null,
  };
  const course = await courseOf(components, alone, paths);
  return runInto(await RunFolder.create(parent.path, 'control'), components, course);
}
