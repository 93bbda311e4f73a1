import { defineScenario } from '../define-scenario.ts';

export default defineScenario({
  name: 'gossip-64',
  describe: 'Sixty-four peers in four processes learn generated digits by gossip, each from at most eight neighbours',
  peers: 64,
  processes: 4,
  model: 'mlp-100',
  data: { kind: 'digits', train: 40_000, test: 4_000 },
  training: { batch: 16 },
  // One feed more at times, for those whom no chain of neighbours reaches. Long rounds: every update goes to everybody.
  exchange: { topology: 'gossip', feeds: 7, localSteps: 8 },
  // All evaluate, on the processors that they share.
  evaluation: { everySamples: 60_000, samples: 512 },
  target: { value: 0.95 },
  limits: { samples: 600_000, seconds: 1_200 },
});
