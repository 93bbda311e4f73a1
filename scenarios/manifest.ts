import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { type Manifest, manifestSchema } from '../src/manifest.ts';
import { topologyOf } from '../src/models/zoo.ts';
import { MurmurError } from '../src/support/errors.ts';
import { check } from './check.ts';
import type { ModelSource, Scenario } from './define-scenario.ts';

/** Evaluations of a run where the scenario does not say when: enough for a curve, cheap beside the training. */
const EVALUATIONS_PER_RUN = 25;

/**
 * The manifest that all peers of a scenario's run share. A relative `data.path` counts from `workingFolder`.
 * Throws `CONFIG_INVALID` for a path beside generated data, `DATA_MISSING` where there is nothing at the path.
 */
export async function manifestOf(scenario: Scenario, workingFolder: string): Promise<Manifest> {
  const { name, seed, peers, data, training, evaluation, target, limits, backend } = scenario;
  const manifest: Manifest = {
    murmuration: 1,
    name,
    seed,
    peers,
    model: modelOf(scenario.model),
    data: { ...data, path: await dataPath(scenario.data, workingFolder) },
    training,
    exchange: exchangeOf(scenario.exchange),
    evaluation: {
      samples: evaluation.samples,
      everySamples: evaluation.everySamples ?? Math.max(1, Math.round(limits.samples / EVALUATIONS_PER_RUN)),
    },
    target,
    limits,
    backend,
  };
  return check(manifestSchema, manifest, { name: 'the manifest', mend: (field) => `set ${field} in the scenario` });
}

function modelOf(source: ModelSource): Manifest['model'] {
  const { name, topology } = topologyOf(typeof source === 'function' ? build(source) : source);
  return { name, topology: { ...topology } };
}

function build(source: Extract<ModelSource, () => unknown>): LayersModel {
  try {
    return source();
  } catch (error) {
    const problem = `the function throws ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`;
    throw new MurmurError({ code: 'CONFIG_INVALID', field: 'model', problem, mend: 'correct it in the scenario' });
  }
}

/** The control `dense` is by definition synchronous all-to-all exchange of everything after every step. */
function exchangeOf(exchange: Scenario['exchange']): Manifest['exchange'] {
  if (exchange.strategy !== 'dense') return exchange;
  return { ...exchange, control: 'fixed', localSteps: 1, partitions: 1, density: 1, warmup: [], staleness: 1 };
}

async function dataPath(data: Scenario['data'], workingFolder: string): Promise<string | null> {
  if (data.path === null) return null;
  if (data.kind === 'digits') {
    throw new MurmurError({
      code: 'CONFIG_INVALID',
      field: 'data.path',
      problem: 'digits are generated and have no path',
      mend: 'leave it out, or set data.kind=mnist to read files',
    });
  }
  const path = resolve(workingFolder, data.path);
  try {
    await access(path);
  } catch {
    const mend = 'give the folder that holds its files, or null to download them';
    throw new MurmurError({ code: 'DATA_MISSING', field: 'data.path', path, mend });
  }
  return path;
}
