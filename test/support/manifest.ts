import { type Manifest, manifestSchema } from '../../src/manifest.ts';
import { outlineOf } from '../../src/models/outline.ts';

/** A network of 784-16-10: large enough to learn the digits, small enough to train in milliseconds. */
const { topology } = outlineOf({
  class_name: 'Sequential',
  config: {
    layers: [
      { class_name: 'InputLayer', config: { batch_input_shape: [null, 784] } },
      { class_name: 'Dense', config: { units: 16, activation: 'relu' } },
      { class_name: 'Dense', config: { units: 10, activation: 'linear' } },
    ],
  },
});

type Sections = { [S in keyof Manifest]?: Manifest[S] extends object ? Partial<Manifest[S]> : Manifest[S] };

/** A valid manifest of a small run, with fields of some sections replaced. */
export function testManifest(replaced: Sections = {}): Manifest {
  const manifest: Manifest = {
    murmuration: 1,
    name: 'test',
    seed: 5,
    peers: 2,
    model: { name: 'mlp-16', topology: { ...topology } },
    data: { kind: 'digits', path: null, train: 600, test: 200, labelsPerPeer: null },
    training: { batch: 16, rate: 0.1, momentum: 0.9, schedule: 'constant' },
    exchange: {
      strategy: 'partial',
      control: 'fixed',
      budgetBytesPerSecond: null,
      localSteps: 2,
      partitions: 4,
      density: 0.05,
      warmup: [],
      lookahead: 'auto',
      contribution: 'mean',
      staleness: 32,
      topology: 'auto',
      feeds: 6,
      latticeBits: 24,
    },
    evaluation: { everySamples: 1000, samples: 100 },
    target: { metric: 'accuracy', value: 0.9 },
    limits: { samples: 100_000, seconds: 100 },
    backend: 'wasm',
  };
  const sections = Object.entries(replaced).map(([name, value]) => {
    const former = manifest[name as keyof Manifest];
    return [name, typeof former === 'object' && former !== null ? { ...former, ...(value as object) } : value];
  });
  return manifestSchema.parse({ ...manifest, ...Object.fromEntries(sections) });
}
