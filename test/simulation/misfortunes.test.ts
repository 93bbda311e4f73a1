import { expect, test } from 'vitest';
import type { ScenarioDefinition } from '../../scenarios/define-scenario.ts';
import type { Happening } from '../../scenarios/simulated/virtual-swarm.ts';
import { type Random, seededRandom } from '../../src/support/random.ts';
import { expectOneModel, witness } from './law.ts';
import { digits, fourPeers, perceptron, prepared } from './small-swarm.ts';

/** Until then anything may befall the swarm; afterwards all come back, and the run has some ten seconds to go. */
const CALM_MS = 26_000;
const { dataset, samples } = digits({ train: 200, test: 20 }, 20);
/** Small, for it is not learning that is looked at. */
const definition: ScenarioDefinition = {
  ...fourPeers,
  name: 'misfortunes',
  model: () => perceptron(2),
  training: { batch: 2, rate: 0.01 },
  exchange: { localSteps: 1, partitions: 2, density: 0.02 },
  evaluation: { everySamples: 2_000, samples: 20 },
  limits: { samples: 2 * 4 * 400 },
};

/** Crashes, returns, a late joiner and partitions, at random; two peers at least are always up. */
function misfortunes(random: Random): Happening[] {
  const happenings: Happening[] = [];
  const up = [true, true, true, true, false];
  let parted = false;
  for (let atMs = 2_000; atMs < CALM_MS; atMs += 300 + random.below(3_000)) {
    const [peer, kind] = [random.below(up.length), random.below(10)];
    if (kind >= 8) continue;
    if (kind >= 5) {
      const peers = parted ? [] : up.flatMap((_, index) => (random.below(2) === 1 ? [index] : []));
      happenings.push({ kind: 'part', peers, atMs });
      parted = !parted;
    } else if (up[peer] ? up.filter(Boolean).length > 2 : !parted) {
      happenings.push({ kind: up[peer] ? 'crash' : 'start', peer, atMs });
      up[peer] = !up[peer];
    }
  }
  const returns = up.flatMap((isUp, peer): Happening[] => (isUp ? [] : [{ kind: 'start', peer, atMs: CALM_MS + 500 }]));
  return [...happenings, { kind: 'part', peers: [], atMs: CALM_MS }, ...returns];
}

test.each([
  [11, 'tiny logs, updates put back'],
  [27, 'logs that begin to reach again'],
  [34, 'a busy one'],
])('whatever befalls a swarm, it ends in one model in which every update is once (seed %i: %s)', async (seed) => {
  const { manifest, compute } = await prepared({ ...definition, seed });
  const random = seededRandom(`misfortunes ${seed}`);
  const happenings = misfortunes(random);
  const outcome = await witness(
    { compute, dataset, samples },
    {
      manifest,
      happenings,
      link: { latencyMs: 5, jitterMs: 20 },
      model: { stepMs: 80, evaluationMs: 5 },
      checkpointSeconds: 1 + random.below(5),
      logBytes: 60_000 + random.below(60_000),
    },
  );
  compute.dispose();
  expectOneModel(outcome, 5);
  expect(outcome.events.some(({ type }) => type === 'restored')).toBe(true);
});
