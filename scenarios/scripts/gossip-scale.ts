import { defineScenario } from '../define-scenario.ts';

const peers = 256;
const rounds = 200;
const batch = 8;
const localSteps = 2;

export default defineScenario({
  name: 'gossip-scale',
  describe: '256 peers learn generated digits by gossip, for 200 rounds: meant to be simulated',
  peers,
  model: 'pooled-mlp-64',
  data: { kind: 'digits', train: 16_384, test: 2_000 },
  training: { batch },
  exchange: { localSteps, partitions: 8, density: 0.05, warmup: [] },
  evaluation: { samples: 500 },
  // Out of reach: the run is for its length.
  target: { value: 1 },
  limits: { samples: peers * rounds * batch * localSteps },
});
