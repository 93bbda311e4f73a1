import type { EvaluationSamples } from '../../peer/replica/evaluation-samples.ts';
import type { Compute } from '../../src/compute/compute.ts';
import type { Dataset, Minibatch, Split } from '../../src/datasets/dataset.ts';
import { outlineOf } from '../../src/models/outline.ts';
import type { Laboratory } from './laboratory.ts';

/** Two tensors of 48 and 6 entries: as few as show what partitions, tensors and sparse positions do. */
const outline = outlineOf({
  class_name: 'Sequential',
  config: {
    layers: [
      { class_name: 'InputLayer', config: { batch_input_shape: [null, 8] } },
      { class_name: 'Dense', config: { units: 6, activation: 'linear' } },
    ],
  },
});

/** Of the training set: an epoch is longer than any peer's run. */
const SAMPLES = 512;
/** Entries of one gradient that are not zero. */
const ENTRIES = 6;
const MAX_VALUE = 64;

/** Samples that are nothing but their number. */
const numbered = (count: number): Split => ({
  count,
  labels: new Uint8Array(count),
  read: (index, into, offset) => {
    into[offset] = index;
  },
});
const dataset: Dataset = {
  name: 'numbers',
  sampleShape: [1],
  classes: 6,
  train: numbered(SAMPLES),
  test: numbered(1),
};
const oneSample: Minibatch = { count: 1, inputs: new Float32Array(1), labels: new Uint8Array(1) };
const samples: EvaluationSamples = { whole: oneSample, standIn: oneSample };

/**
 * In the place of a gradient, sparse integers that follow from the number of the minibatch's first sample: all of a peer but its
 * mathematics, at some microseconds a step. Half of the entries are among the first eight, so that peers push the same ones.
 */
const compute: Compute = {
  backend: 'cpu',
  layout: outline.layout,
  gradient: async (_parameters, batch, into) => {
    into.fill(0);
    let bits = scrambled(batch.inputs[0]! + 1);
    for (let entry = 0; entry < ENTRIES; entry++) {
      bits = scrambled(bits);
      const position = (bits >>> 16) % (entry % 2 === 0 ? 8 : into.length);
      into[position] = (bits % MAX_VALUE) | 1;
    }
    return 1;
  },
  loss: async () => 1,
  evaluate: async () => ({ accuracy: 0, loss: 1 }),
  dispose: () => {},
};

export const syntheticLaboratory: Laboratory = {
  components: { compute, dataset, samples },
  subject: {
    topology: outline.topology,
    data: { kind: 'digits', path: null, train: SAMPLES, test: 1, labelsPerPeer: null },
    batch: 1,
    rate: null,
    frameBytes: 64,
  },
};

/** MurmurHash3's 32-bit finaliser (Appleby 2011). */
function scrambled(key: number): number {
  let h = key | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
