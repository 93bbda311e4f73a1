import type { Compute } from '../../src/compute/compute.ts';
import { type Dataset, sampleSize } from '../../src/datasets/dataset.ts';
import { Minibatches } from '../../src/datasets/minibatches.ts';
import type { Clock } from '../../src/support/clock.ts';
import { seededRandom } from '../../src/support/random.ts';

/** The first steps are slower, until all is compiled. */
const WARM_UP_STEPS = 10;
const MEASURED_STEPS = 30;

/** The median time of a gradient step on this machine. */
export async function measureStepMs(
  { compute, dataset, clock }: { compute: Compute; dataset: Dataset; clock: Clock },
  batch: number,
): Promise<number> {
  const everything = Uint32Array.from({ length: dataset.train.count }, (_, index) => index);
  const minibatches = new Minibatches(dataset.train, sampleSize(dataset), everything, batch, seededRandom('measure'));
  const parameters = new Float32Array(compute.layout.size);
  const gradient = new Float32Array(compute.layout.size);
  const times: number[] = [];
  for (let step = 0; step < WARM_UP_STEPS + MEASURED_STEPS; step++) {
    const startMs = clock.nowMs();
    await compute.gradient(parameters, minibatches.next(), gradient);
    if (step >= WARM_UP_STEPS) times.push(clock.nowMs() - startMs);
  }
  return times.sort((a, b) => a - b)[MEASURED_STEPS >> 1]!;
}
