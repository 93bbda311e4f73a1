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
  // No dense first sweep, for that reason; and nobody runs ahead of those who relay, on processors that all share.
  exchange: { topology: 'gossip', feeds: 7, localSteps: 8, warmup: [], staleness: 4 },
  // All evaluate, on the processors that they share.
  evaluation: { everySamples: 60_000, samples: 512 },
  target: { value: 0.95 },
  limits: { samples: 2_000_000, seconds: 1_200 },
});
