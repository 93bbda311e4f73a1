import { defineScenario } from '../define-scenario.ts';

const peers = 256;
const rounds = 200;
const batch = 8;
const localSteps = 4;

export default defineScenario({
  name: 'gossip-scale',
  describe: '256 peers learn generated digits by gossip, each within 20 kB/s: meant to be simulated',
  peers,
  model: 'pooled-mlp-64',
  data: { kind: 'digits', train: 16_384, test: 2_000 },
  training: { batch },
  exchange: { control: 'auto', budgetBytesPerSecond: 20_000, localSteps, partitions: 2, density: 0.02, warmup: [] },
  evaluation: { samples: 500, everySamples: (peers * rounds * batch * localSteps) / 5 },
  // Out of reach: the run is for its length.
  target: { value: 1 },
  limits: { samples: peers * rounds * batch * localSteps },
  // Small machines far from each other.
  simulation: { links: { latencyMs: 20, jitterMs: 20 }, step: { ms: 250 } },
});
