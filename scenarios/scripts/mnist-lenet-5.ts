import { defineScenario } from '../define-scenario.ts';

export default defineScenario({
  name: 'mnist-lenet-5',
  describe: 'LeNet-5 on MNIST, four peers: the convolutional network of the Deep Compression paper, to 98.9 %',
  peers: 4,
  model: 'lenet-5',
  data: { kind: 'mnist' },
  training: { batch: 64, rate: 0.05, schedule: 'cosine' },
  exchange: { warmup: [0.06, 0.015] },
  evaluation: { everySamples: 20_000 },
  target: { value: 0.989 },
  limits: { samples: 400_000 },
});
