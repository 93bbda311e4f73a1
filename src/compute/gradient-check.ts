import { initialParameters } from '../models/initial-parameters.ts';
import { topologyOf } from '../models/zoo.ts';
import { seededRandom } from '../support/random.ts';
import type { BackendName } from './compute.ts';
import { createCompute } from './tensorflow-compute.ts';

/** Backends add in different orders: between ours, gradients differ by 2e-6 of the largest entry at the most. */
export const GRADIENT_TOLERANCE = 1e-5;

const SAMPLES = 16;

/**
 * How far a backend's gradient of a small network is from that of `cpu`, the slow and plain one: the largest
 * difference, as a share of the largest entry. Throws BACKEND_UNAVAILABLE.
 */
export async function gradientError(backend: BackendName, tensorflowFolder?: string): Promise<number> {
  const ours = await gradientOn(backend, tensorflowFolder);
  const oracle = await gradientOn('cpu');
  const peak = oracle.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
  const apart = oracle.reduce((most, entry, i) => Math.max(most, Math.abs(entry - ours[i]!)), 0);
  return apart / peak;
}

async function gradientOn(backend: BackendName, tensorflowFolder?: string): Promise<Float32Array> {
  const { topology } = topologyOf('mlp-100');
  const compute = await createCompute({ topology, backend, tensorflowFolder });
  try {
    const random = seededRandom(1);
    const parameters = initialParameters(compute.layout, random);
    const gradient = new Float32Array(compute.layout.size);
    const entries = compute.layout.tensors[0]!.shape[0]!;
    const inputs = Float32Array.from({ length: SAMPLES * entries }, () => random.uniform());
    const labels = Uint8Array.from({ length: SAMPLES }, () => random.below(10));
    await compute.gradient(parameters, { count: SAMPLES, inputs, labels }, gradient);
    return gradient;
  } finally {
    compute.dispose();
  }
}
