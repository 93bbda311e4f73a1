import { fillDataCache } from '../peer/machine/data-cache.ts';
import { type Manifest, manifestDigest } from '../src/manifest.ts';
import type { Clock } from '../src/support/clock.ts';
import type { Scenario } from './define-scenario.ts';
import { manifestOf } from './manifest.ts';
import { renderReport } from './report/report.ts';
import { showDownloads } from './runner/download-bar.ts';
import { LiveView, type ProgressOutput } from './runner/live-view.ts';
import type { PeerCommand } from './runner/peer-process.ts';
import { RunFolder } from './runner/run-folder.ts';
import { type Summary, summarize } from './runner/summary.ts';
import { runSwarm, type SwarmEnding } from './runner/swarm.ts';
import { RunTally } from './runner/tally.ts';

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

/**
 * Runs a scenario and, where it asks for one, its control; writes `manifest.json`, `events.jsonl`, `summary.json`
 * and `report.html` into a new folder, also when the run fails or is interrupted. Nothing is left running.
 */
export async function runScenario(
  components: ScenarioComponents,
  scenario: Scenario,
  paths: ScenarioPaths,
): Promise<ScenarioOutcome> {
  const { clock } = components;
  const startedAtMs = clock.nowMs();
  const manifest = await manifestOf(scenario, paths.working);
  // Once, before the peers all want it.
  const { progress, interrupt } = components;
  await showDownloads(progress, (onProgress) => fillDataCache(manifest.data, onProgress, interrupt));
  const time = new Date(startedAtMs).toISOString().slice(0, 19).replaceAll(':', '-');
  const folder = await RunFolder.create(paths.out, `${manifest.name}-${time}`);
  const tally = new RunTally(manifest);
  const ending = await runInto(folder, components, scenario, { manifest, tally, startedAtMs });
  const summary = summarize(manifest, tally, startedAtMs);
  await folder.write('summary.json', `${JSON.stringify(summary, null, 2)}\n`);
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

async function runInto(
  folder: RunFolder,
  { clock, peerCommand, interrupt, progress }: ScenarioComponents,
  { processes }: Scenario,
  { manifest, tally, startedAtMs }: { manifest: Manifest; tally: RunTally; startedAtMs: number },
): Promise<SwarmEnding> {
  const manifestFile = await folder.write('manifest.json', `${JSON.stringify(manifest, null, 2)}\n`);
  folder.log({ atMs: startedAtMs, peer: 'runner', type: 'run-started', manifest: manifestDigest(manifest) });
  const view = new LiveView(progress, clock);
  view.start(manifest, tally, startedAtMs);
  try {
    const onPeerEvent: Parameters<typeof runSwarm>[0]['onPeerEvent'] = (index, event) => {
      folder.log({ index, ...event });
      tally.add(index, event);
    };
    const onRunnerEvent = (event: object) => folder.log(event);
    const components = { clock, peerCommand, interrupt, onPeerEvent, onRunnerEvent };
    return await runSwarm(components, { manifest, manifestFile, processes });
  } finally {
    view.stop();
    await folder.close();
  }
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
  const startedAtMs = components.clock.nowMs();
  const manifest = await manifestOf(alone, paths.working);
  const folder = await RunFolder.create(parent.path, 'control');
  const tally = new RunTally(manifest);
  const ending = await runInto(folder, components, alone, { manifest, tally, startedAtMs });
  const summary = summarize(manifest, tally, startedAtMs);
  await folder.write('summary.json', `${JSON.stringify(summary, null, 2)}\n`);
  return { ending, summary };
}
