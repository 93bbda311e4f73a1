/**
 * What a gradient step costs on one backend, parameters in, loss and gradient out: median time, processor time of the
 * whole process (which says more on a shared machine), and resident memory. Run with
 * `npx tsx test/bench/backends.ts tensorflow`, or another backend; without a name it takes the best present.
 */
import { setTensorFlowEnvironment, tensorflowFolder } from '../../peer/machine/tensorflow-home.ts';
import type { BackendName } from '../../src/compute/compute.ts';
import { createCompute } from '../../src/compute/tensorflow-compute.ts';
import { initialParameters } from '../../src/models/initial-parameters.ts';
import { topologyOf } from '../../src/models/zoo.ts';
import { seededRandom } from '../../src/support/random.ts';

const WARM_UP_STEPS = 10;
const backend = (process.argv[2] as BackendName | undefined) ?? null;

async function measure(name: string, count: number, steps: number): Promise<void> {
  const compute = await createCompute({
    topology: topologyOf(name).topology,
    backend,
    tensorflowFolder: tensorflowFolder(),
  });
  const random = seededRandom(1);
  const parameters = initialParameters(compute.layout, random);
  const inputs = Float32Array.from({ length: count * 784 }, () => random.uniform());
  const labels = Uint8Array.from({ length: count }, () => random.below(10));
  const into = new Float32Array(parameters.length);
  const step = () => compute.gradient(parameters, { count, inputs, labels }, into);
  for (let i = 0; i < WARM_UP_STEPS; i++) await step();
  const timesMs: number[] = [];
  const before = process.cpuUsage();
  for (let i = 0; i < steps; i++) {
    const start = performance.now();
    await step();
    timesMs.push(performance.now() - start);
  }
  const { user, system } = process.cpuUsage(before);
  const medianMs = timesMs.sort((a, b) => a - b)[steps >> 1]!;
  const cpuMs = (user + system) / 1000 / steps;
  const residentMb = process.memoryUsage.rss() / 1e6;
  console.log(
    `${name} batch ${count} on ${compute.backend}: median ${medianMs.toFixed(2)} ms, processor ${cpuMs.toFixed(2)} ms, resident ${residentMb.toFixed(0)} MB`,
  );
  compute.dispose();
}

setTensorFlowEnvironment();
await measure('mlp-100', 32, 200);
await measure('lenet-300-100', 64, 200);
await measure('lenet-5', 64, 20);
