import { setTensorFlowEnvironment, tensorflowFolder } from '../../peer/machine/tensorflow-home.ts';
import { chooseBackend } from '../../src/compute/backends.ts';
import { type BackendName, backendNames } from '../../src/compute/compute.ts';
import { isFailure } from '../../src/support/errors.ts';

setTensorFlowEnvironment();

/** The backends that this process can use, started, best first: the native ones where somebody has set them up. */
export const presentBackends: readonly BackendName[] = await startAll();

async function startAll(): Promise<BackendName[]> {
  const present: BackendName[] = [];
  for (const name of backendNames) {
    try {
      present.push(await chooseBackend(name, tensorflowFolder()));
    } catch (error) {
      if (!isFailure(error, 'BACKEND_UNAVAILABLE')) throw error;
    }
  }
  return present;
}
