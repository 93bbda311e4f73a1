import { defineScenario } from '../define-scenario.ts';

export default defineScenario({
  name: 'mnist-skewed',
  describe: 'MNIST with two labels a peer: what no peer could learn alone, five peers learn together',
  peers: 5,
  model: 'mlp-100',
  data: { kind: 'mnist', labelsPerPeer: 2 },
  // One slice: with unlike shards every peer has something to say about every weight in every round.
  exchange: { partitions: 1 },
  target: { value: 0.95 },
  limits: { samples: 400_000 },
});
