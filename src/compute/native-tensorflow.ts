import { createRequire } from 'node:module';
import { join } from 'node:path';
import util from 'node:util';
import { findBackend } from '@tensorflow/tfjs-core';
import { MurmurError } from '../support/errors.ts';
import { NATIVE_ENGINE, type NativeBackend, nativeBuilds } from './native-builds.ts';

/** The build that this process has loaded: two copies of the library in one do not get on. */
let loaded: NativeBackend | null = null;

/**
 * Loads TensorFlow, from where npm has put its package or from the user's `folder`, and registers it as
 * `NATIVE_ENGINE`. The build for GPUs serves as `tensorflow`, too, where it is the only one and finds no GPU.
 *
 * @throws BACKEND_UNAVAILABLE
 */
export function loadNativeTensorFlow(name: NativeBackend, folder: string | null): void {
  loaded ??= loadBuild(name, folder);
  const onGpu = (findBackend(NATIVE_ENGINE) as { isUsingGpuDevice?: boolean } | null)?.isUsingGpuDevice === true;
  if (onGpu === (name === 'tensorflow-gpu')) return;
  if (onGpu) {
    const mend = `use --backend tensorflow-gpu, or run: ${nativeBuilds[name].setup}`;
    throw unavailable(name, 'the build that is loaded computes on the GPU', mend);
  }
  if (loaded === name) throw new NoGpu();
  throw unavailable(name, `this process has loaded ${loaded} already`, 'use one of them in a process');
}

/** The build for GPUs runs, and has found none. */
export class NoGpu extends MurmurError {
  constructor() {
    const problem = 'there is no GPU that TensorFlow can use';
    const mend = 'see whether nvidia-smi lists one and its driver is recent, or use --backend tensorflow';
    super({ code: 'BACKEND_UNAVAILABLE', backend: 'tensorflow-gpu', problem, mend });
  }
}

function loadBuild(name: NativeBackend, folder: string | null): NativeBackend {
  // The packages call it, but Node 22 warns of it and Node 24 has it no more.
  Object.assign(util, { isNullOrUndefined: (value: unknown) => value === null || value === undefined });
  const problem = requireBuild(name, folder);
  if (problem === null) return name;
  if (name === 'tensorflow' && requireBuild('tensorflow-gpu', folder) === null) return 'tensorflow-gpu';
  throw unavailable(name, problem, `run: ${nativeBuilds[name].setup}`);
}

/** Null where it is loaded, else what stands in the way. */
function requireBuild(name: NativeBackend, folder: string | null): string | null {
  const { packageName, folder: own } = nativeBuilds[name];
  const places = [import.meta.url, ...(folder === null ? [] : [join(folder, own, 'package.json')])];
  let problem = 'it is not installed';
  for (const require of places.map((place) => createRequire(place))) {
    const path = resolved(require, packageName);
    if (path === null) continue;
    try {
      require(path);
      return null;
    } catch (error) {
      problem = `${packageName} does not load: ${String(error instanceof Error ? error.message : error).split('\n')[0]}`;
    }
  }
  return problem;
}

function resolved(require: NodeJS.Require, packageName: string): string | null {
  try {
    return require.resolve(packageName);
  } catch {
    return null;
  }
}

function unavailable(backend: NativeBackend, problem: string, mend: string): MurmurError {
  return new MurmurError({ code: 'BACKEND_UNAVAILABLE', backend, problem, mend });
}
