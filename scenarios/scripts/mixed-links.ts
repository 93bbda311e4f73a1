import { defineScenario } from '../define-scenario.ts';

export default defineScenario({
  name: 'mixed-links',
  describe: 'Six peers behind lines of 40, 20 and 10 Mbit/s learn generated digits; simulated',
  mode: 'simulated',
  peers: 6,
  model: 'mlp-100',
  data: { kind: 'digits', train: 40_000, test: 4_000 },
  training: { batch: 32 },
  target: { value: 0.95 },
  limits: { samples: 200_000, seconds: 300 },
  simulation: { links: { uplinkMbits: [40, 20, 10], downlinkMbits: [40, 20, 10], latencyMs: 20, jitterMs: 5 } },
});
