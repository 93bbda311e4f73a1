import { enableProdMode, getBackend, setBackend } from '@tensorflow/tfjs-core';
import { isFailure, MurmurError } from '../support/errors.ts';
import { type BackendName, backendNames } from './compute.ts';
import { NATIVE_ENGINE } from './native-builds.ts';
import { loadNativeTensorFlow } from './native-tensorflow.ts';

/** Loads each backend's code when it is first wanted. The native ones are looked for in the folder, too. */
const loaders: Record<BackendName, (tensorflowFolder: string | null) => Promise<void>> = {
  'tensorflow-gpu': async (folder) => loadNativeTensorFlow('tensorflow-gpu', folder),
  tensorflow: async (folder) => loadNativeTensorFlow('tensorflow', folder),
  wasm: async () => {
    await import('@tensorflow/tfjs-backend-wasm');
    (await import('./wasm-kernels.ts')).installWasmKernels();
  },
  cpu: async () => {
    await import('@tensorflow/tfjs-backend-cpu');
  },
};

const started = new Set<BackendName>();
/** TensorFlow.js has one current backend, and none while one starts: starts follow each other, and work waits. */
let starting: Promise<void> | null = null;

/**
 * Starts the forced backend, or the best that runs here, and returns its name. Throws `BACKEND_UNAVAILABLE`.
 * A backend starts once a process, however many computes use it.
 *
 * @param tensorflowFolder where `murmur setup tensorflow` puts the native ones; null leaves it to Node to find them
 */
export async function chooseBackend(
  forced: BackendName | null,
  tensorflowFolder: string | null = null,
): Promise<BackendName> {
  if (forced !== null && !backendNames.includes(forced)) throw unavailable(forced, 'there is no such backend');
  let problem = '';
  for (const name of forced === null ? backendNames : [forced]) {
    try {
      await startOnce(name, tensorflowFolder);
      return name;
    } catch (error) {
      if (forced !== null && isFailure(error)) throw error;
      problem = error instanceof Error ? error.message : String(error);
    }
  }
  throw unavailable(forced ?? backendNames.join(', '), problem);
}

/**
 * Runs `work` with `name`, a backend that has started, as the engine's. What `work` does after waiting for something
 * may run on another one.
 */
export async function onBackend<T>(name: BackendName, work: () => T | Promise<T>): Promise<T> {
  while (starting) await starting.catch(() => {});
  // Takes effect at once: only a backend that has not started makes this wait.
  if (getBackend() !== engineName(name)) void setBackend(engineName(name));
  return work();
}

/** What TensorFlow.js calls it. */
function engineName(name: BackendName): string {
  return name === 'tensorflow-gpu' ? NATIVE_ENGINE : name;
}

async function startOnce(name: BackendName, tensorflowFolder: string | null): Promise<void> {
  while (starting) await starting.catch(() => {});
  if (started.has(name)) return;
  starting = startBackend(name, tensorflowFolder).finally(() => {
    starting = null;
  });
  await starting;
}

async function startBackend(name: BackendName, tensorflowFolder: string | null): Promise<void> {
  // Production mode stops TensorFlow.js' advertisements on the console, nothing else that concerns us.
  enableProdMode();
  const handlers = crashHandlers();
  try {
    await loaders[name](tensorflowFolder);
    if (!(await setBackend(engineName(name)))) throw new Error('it did not start');
    started.add(name);
  } finally {
    removeCrashHandlersSince(handlers);
  }
}

type Handler = (...args: unknown[]) => void;

function crashHandlers(): Set<Handler> {
  return new Set([...process.listeners('uncaughtException'), ...process.listeners('unhandledRejection')] as Handler[]);
}

/**
 * The code around the `wasm` module adds handlers that throw every uncaught error again, from one line of half a
 * megabyte which Node then prints. An error of ours must end the process as everywhere else.
 */
function removeCrashHandlersSince(before: ReadonlySet<Handler>): void {
  for (const handler of crashHandlers()) {
    if (before.has(handler)) continue;
    process.removeListener('uncaughtException', handler);
    process.removeListener('unhandledRejection', handler);
  }
}

function unavailable(backend: string, problem: string): MurmurError {
  const mend = `leave the backend out to take the best present, or use one of ${backendNames.join(', ')}`;
  return new MurmurError({ code: 'BACKEND_UNAVAILABLE', backend, problem, mend });
}
