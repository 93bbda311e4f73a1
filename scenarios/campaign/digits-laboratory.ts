import { evaluationSamples } from '../../peer/replica/evaluation-samples.ts';
import { chooseBackend } from '../../src/compute/backends.ts';
import { createCompute } from '../../src/compute/tensorflow-compute.ts';
import { digitsDataset } from '../../src/datasets/digits.ts';
import { outlineOf } from '../../src/models/outline.ts';
import { seededRandom } from '../../src/support/random.ts';
import type { Laboratory } from './laboratory.ts';

const SAMPLES = { train: 200, test: 20 };

/** Real gradients of a network that is small, for it is not learning that is looked at. */
export async function digitsLaboratory(): Promise<Laboratory> {
  await chooseBackend('wasm');
  const { topology } = outlineOf({
    class_name: 'Sequential',
    config: {
      layers: [
        { class_name: 'InputLayer', config: { batch_input_shape: [null, 784] } },
        { class_name: 'Dense', config: { units: 2, activation: 'relu' } },
        { class_name: 'Dense', config: { units: 10, activation: 'linear' } },
      ],
    },
  });
  const dataset = digitsDataset({ seed: 1, ...SAMPLES });
  return {
    components: {
      compute: await createCompute({ topology: { ...topology }, backend: 'wasm' }),
      dataset,
      samples: evaluationSamples(dataset, SAMPLES.test, seededRandom(1)),
    },
    subject: {
      topology,
      data: { kind: 'digits', path: null, ...SAMPLES, labelsPerPeer: null },
      batch: 2,
      rate: 0.01,
      // Dense ones have 6,400, sparse ones some hundreds.
      frameBytes: 1_280,
    },
  };
}
