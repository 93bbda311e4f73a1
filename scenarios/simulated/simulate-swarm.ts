import { dataCacheFolder } from '../../peer/machine/data-cache.ts';
import { tensorflowFolder } from '../../peer/machine/tensorflow-home.ts';
import { evaluationSamples } from '../../peer/replica/evaluation-samples.ts';
import { traceLine } from '../../protocols/simulated/trace.ts';
import { createCompute } from '../../src/compute/tensorflow-compute.ts';
import { nodeDisk } from '../../src/datasets/disk.ts';
import { loadDataset } from '../../src/datasets/load.ts';
import type { Manifest } from '../../src/manifest.ts';
import type { Clock } from '../../src/support/clock.ts';
import { isFailure } from '../../src/support/errors.ts';
import { seededRandom } from '../../src/support/random.ts';
import type { VirtualClock } from '../../src/support/virtual-clock.ts';
import type { RunFolder } from '../runner/run-folder.ts';
import { GRACE_MS, type SwarmEnding, type SwarmListener } from '../runner/swarm.ts';
import { happeningsOf } from './fates.ts';
import { measureStepMs } from './measure-step.ts';
import type { Simulation } from './simulation.ts';
import { virtualLinks } from './virtual-links.ts';
import { peerIndex } from './virtual-peer.ts';
import { runVirtualSwarm, type VirtualSwarmComponents } from './virtual-swarm.ts';

/** The one that computes the same bits everywhere: in one thread, by the same WebAssembly. */
const REPRODUCIBLE_BACKEND = 'wasm';

export interface SimulatedSwarmComponents extends SwarmListener {
  /** The swarm's time. */
  readonly time: VirtualClock;
  /** Real time, to measure this machine by. */
  readonly clock: Clock;
  /** Where the settings in force and every replica are left. */
  readonly folder: RunFolder;
  readonly interrupt: AbortSignal;
  /** Tells the user a line. */
  say(line: string): void;
}

/** Runs all peers of a manifest in this process, on virtual time; they tell the same events as real ones. */
export async function simulateSwarm(
  components: SimulatedSwarmComponents,
  manifest: Manifest,
  simulation: Simulation,
): Promise<SwarmEnding> {
  const { time, interrupt, onRunnerEvent } = components;
  const ending = await simulate(components, manifest, simulation).then(
    (): SwarmEnding => ({ kind: 'finished' }),
    (error: unknown): SwarmEnding => {
      if (interrupt.aborted) return { kind: 'interrupted' };
      if (isFailure(error)) return { kind: 'failed', error };
      throw error;
    },
  );
  onRunnerEvent({ atMs: time.nowMs(), peer: 'runner', type: 'run-ended', ending: ending.kind });
  return ending;
}

async function simulate(
  { time, clock, folder, interrupt, say, onPeerEvent, onRunnerEvent }: SimulatedSwarmComponents,
  manifest: Manifest,
  simulation: Simulation,
): Promise<void> {
  const happenings = happeningsOf(simulation.happenings, manifest.peers);
  const swarm = await componentsOf(manifest);
  try {
    const { ms, spread, slowness } = simulation.step;
    const { batch } = manifest.training;
    const stepMs = ms === 'measured' ? await measureStepMs({ ...swarm, clock }, batch) : ms;
    if (ms === 'measured')
      say(`a gradient step takes ${stepMs} ms here; simulation.step.ms=${stepMs} repeats this run`);
    const settings = { ...simulation, step: { ...simulation.step, ms: stepMs } };
    await folder.write('simulation.json', `${JSON.stringify(settings, null, 2)}\n`);
    const [lastMs, startMs] = [Math.max(0, ...happenings.map(({ atMs }) => atMs)), time.nowMs()];
    const { survivors, replicas } = await runVirtualSwarm(swarm, {
      manifest,
      happenings,
      clock: time,
      link: virtualLinks(simulation.links),
      model: {
        stepMs,
        spread,
        evaluationMs: simulation.evaluationMs,
        slowness: typeof slowness === 'number' ? [slowness] : slowness,
      },
      limitMs: lastMs + 1000 * manifest.limits.seconds + GRACE_MS,
      signal: interrupt,
      keepsEvents: false,
      onEvent: (event) => onPeerEvent(peerIndex(event.peer), event),
      onHappening: (index) => {
        const { atMs: _, ...happening } = simulation.happenings[index]!;
        onRunnerEvent({ atMs: time.nowMs(), peer: 'runner', type: 'happened', happening });
      },
      ...(simulation.trace
        ? { trace: (peer, what) => folder.trace(traceLine(time.nowMs() - startMs, peer, what)) }
        : {}),
    });
    for (const [k, values] of replicas.entries()) {
      await folder.write(`replicas/${survivors[k]}.int32`, new Uint8Array(values.buffer));
    }
  } finally {
    swarm.compute.dispose();
  }
}

async function componentsOf(manifest: Manifest): Promise<VirtualSwarmComponents> {
  const { data, seed, model, evaluation } = manifest;
  const dataset = await loadDataset(data, seed, { disk: nodeDisk, cacheFolder: dataCacheFolder() });
  const backend = manifest.backend ?? REPRODUCIBLE_BACKEND;
  const compute = await createCompute({ topology: model.topology, backend, tensorflowFolder: tensorflowFolder() });
  const random = seededRandom(seed).fork('evaluation');
  return { dataset, compute, samples: evaluationSamples(dataset, evaluation.samples, random) };
}
