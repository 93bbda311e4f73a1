import { defineScenario } from '../define-scenario.ts';

export default defineScenario({
  name: 'mnist-skewed',
  describe: 'MNIST with two labels a peer: what no peer could learn alone, five peers learn together',
  peers: 5,
  model: 'mlp-100',
  data: { kind: 'mnist', labelsPerPeer: 2 },
  training: { rate: 0.1 },
  exchange: {
    // One slice: with unlike shards every peer has something to say about every weight in every round.
    partitions: 1,
    // Close steps: whenever one peer rests the others unlearn its labels.
    staleness: 2,
  },
  // The shared model swings by points while the rate is high: the target lies where it has calmed.
  target: { value: 0.965 },
  limits: { samples: 400_000 },
});
