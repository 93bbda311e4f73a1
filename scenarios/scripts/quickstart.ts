import { defineScenario } from '../define-scenario.ts';

export default defineScenario({
  name: 'quickstart',
  describe: 'Four peers learn generated digits, then each alone for comparison; under a minute on two cores',
  peers: 4,
  model: 'mlp-100',
  data: { kind: 'digits', train: 40_000, test: 4_000 },
  training: { batch: 32 },
  target: { value: 0.95 },
  limits: { samples: 200_000, seconds: 300 },
  control: 'none',
});
