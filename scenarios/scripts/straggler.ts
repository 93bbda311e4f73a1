import { defineScenario } from '../define-scenario.ts';

export default defineScenario({
  name: 'straggler',
  describe: 'Eight peers learn generated digits, one of them five times slower; simulated',
  mode: 'simulated',
  peers: 8,
  model: 'mlp-100',
  data: { kind: 'digits', train: 40_000, test: 4_000 },
  training: { batch: 32 },
  target: { value: 0.94 },
  limits: { samples: 200_000, seconds: 300 },
  simulation: { step: { slowness: [1, 1, 1, 1, 1, 1, 1, 5] } },
});
