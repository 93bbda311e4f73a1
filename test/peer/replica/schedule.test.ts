import { describe, expect, test } from 'vitest';
import { Schedule } from '../../../peer/replica/schedule.ts';
import { testManifest } from '../../support/manifest.ts';

describe('the learning rate', () => {
  test.each([
    ['constant', [1, 1, 1, 1, 1, 1]],
    ['step', [1, 1, 1, 0.1, 0.1, 0.1]],
    ['linear', [1, 0.5, 0.25, 0.2, 0.01, 0.01]],
    ['cosine', [1, 0.5, 0.146447, 0.095492, 0.01, 0.01]],
  ] as const)('%s follows the samples of the swarm, never below its floor', (schedule, shares) => {
    const manifest = testManifest({ training: { rate: 0.2, schedule }, limits: { samples: 1000 } });
    const rates = [0, 500, 750, 800, 1000, 2000].map((samples) => new Schedule(manifest).rate(samples));
    rates.forEach((rate, i) => {
      expect(rate).toBeCloseTo(0.2 * shares[i]!, 5);
    });
  });
});

describe('the density', () => {
  // A sweep of the swarm takes 2 steps of 16 samples for each of 4 partitions at each of 2 peers: 256 samples.
  const densityAt = (samples: number, warmup: number[]) =>
    new Schedule(testManifest({ exchange: { density: 0.05, warmup } })).density(samples);

  test('warms up by one step a sweep, then stays', () => {
    const warmup = [0.5, 0.25];
    expect([0, 255, 256, 511, 512, 1e9].map((samples) => densityAt(samples, warmup))).toEqual([
      0.5, 0.5, 0.25, 0.25, 0.05, 0.05,
    ]);
    expect(densityAt(0, [])).toBe(0.05);
  });

  test('is never below the one of the manifest', () => {
    expect(densityAt(0, [0.01])).toBe(0.05);
  });
});
