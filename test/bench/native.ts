/**
 * Our compute on `wasm` beside native TensorFlow held to one thread, which is what `wasm` has: the same model, batch and
 * parameters, gradients in turns, the figure being the median over the turns of the ratio. Null where the native
 * backend is not installed, or the zoo lacks the model.
 */
import { setTensorFlowEnvironment, tensorflowFolder } from '../../peer/machine/tensorflow-home.ts';
import type { BackendName, Compute } from '../../src/compute/compute.ts';
import { createCompute } from '../../src/compute/tensorflow-compute.ts';
import { topologyOf, zooNames } from '../../src/models/zoo.ts';
import { isFailure } from '../../src/support/errors.ts';
import type { Row } from './report.ts';
import { compareSteps } from './steps.ts';

const BATCH = 64;

export async function nativeRows(): Promise<Row[]> {
  // Read by the library as it starts.
  for (const name of ['TF_NUM_INTRAOP_THREADS', 'TF_NUM_INTEROP_THREADS', 'OMP_NUM_THREADS']) process.env[name] = '1';
  setTensorFlowEnvironment();
  return [
    await nativeRow('lenet300OverNative', 'lenet-300-100', 200),
    await nativeRow('lenet5OverNative', 'lenet-5', 60),
  ];
}

async function nativeRow(figure: Row['figure'], name: string, rounds: number): Promise<Row> {
  const what = `gradient of ${name}, batch ${BATCH}: wasm over native`;
  const row = { figure, what, atMost: 2.5 };
  if (!zooNames.includes(name)) return { ...row, ratio: null, measured: 'the zoo has no such model' };
  const { topology } = topologyOf(name);
  const native = await computeOn('tensorflow', topology);
  if (native === null) return { ...row, ratio: null, measured: 'the backend tensorflow is not installed' };
  const ours = (await computeOn('wasm', topology))!;
  const contestants = [{ step: ours.gradient.bind(ours) }, { step: native.gradient.bind(native) }] as const;
  const { oneMs, otherMs, oneOverOther } = await compareSteps(topology, contestants, { batch: BATCH, rounds });
  for (const compute of [ours, native]) compute.dispose();
  const measured = `wasm ${oneMs.toFixed(2)} ms, native on one thread ${otherMs.toFixed(2)} ms`;
  return { ...row, ratio: oneOverOther, measured };
}

async function computeOn(backend: BackendName, topology: unknown): Promise<Compute | null> {
  try {
    return await createCompute({ topology, backend, tensorflowFolder: tensorflowFolder() });
  } catch (error) {
    if (isFailure(error, 'BACKEND_UNAVAILABLE')) return null;
    throw error;
  }
}
