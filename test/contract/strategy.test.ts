import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fixedSetting } from '../../peer/controller/setting.ts';
import { Replica } from '../../peer/replica/replica.ts';
import { createStrategy } from '../../peer/strategies/create-strategy.ts';
import type { Publication, Strategy } from '../../peer/strategies/strategy.ts';
import { updateCode } from '../../src/compression/update-codes.ts';
import type { Manifest } from '../../src/manifest.ts';
import { layoutOf } from '../../src/models/layout.ts';
import { partitionRange } from '../../src/sum/delta.ts';
import { ReplicatedSum } from '../../src/sum/replicated-sum.ts';
import { seededRandom } from '../../src/support/random.ts';
import { testManifest } from '../support/manifest.ts';

const unit = 2 ** -24;
const origin = 'a/0000000000000001';
const layout = layoutOf([
  { name: 'kernel', shape: [30, 20] },
  { name: 'bias', shape: [20] },
  { name: 'out', shape: [20, 9] },
]);

interface Peer {
  readonly strategy: Strategy;
  readonly replica: Replica;
  /** Takes a step of noise, and publishes as the round ends. */
  round(round: number, swarmSamples?: number, mask?: Uint8Array): Publication;
}

function peerOf(exchange: Partial<Manifest['exchange']>, phase = 0, seed = 1): Peer {
  const random = seededRandom(seed).fork(phase);
  const replica = new Replica(new Int32Array(layout.size), { unit, origin, hashSeed: 3 });
  const manifest = testManifest({ exchange });
  const strategy = createStrategy({ manifest, layout, replica, random: random.fork('own'), phase, startMs: 0 });
  const setting = fixedSetting(manifest);
  const gradient = new Float32Array(layout.size);
  return {
    strategy,
    replica,
    round(round, swarmSamples = 1e6, mask) {
      gradient.forEach((_, i) => {
        gradient[i] = random.normal();
      });
      replica.learn(gradient, 0.1, 0.9);
      return strategy.publication({
        round,
        setting: setting(swarmSamples),
        nowMs: 100 * (round + 1),
        mask: mask ?? null,
      });
    },
  };
}

const exchanges = fc.record({
  partitions: fc.oneof(fc.integer({ min: 1, max: 10 }), fc.constantFrom(layout.size, layout.size + 7, 2000)),
  density: fc.constantFrom(0.001, 0.01, 0.3, 1),
  warmup: fc.constantFrom<number[][]>([], [0.5]),
  lookahead: fc.constantFrom('auto' as const, 'recent' as const, 2),
});

describe.each(['partial', 'dense', 'none'] as const)('strategy contract: %s', (name) => {
  test('a publication stays inside its partition, and applies exactly as its bytes are read', () => {
    fc.assert(
      fc.property(exchanges, fc.nat({ max: 5 }), fc.nat(), (exchange, phase, seed) => {
        const { replica, strategy, round } = peerOf({ ...exchange, strategy: name }, phase, seed);
        const receiver = new ReplicatedSum(new Int32Array(layout.size), 3);
        for (let n = 0; n < 6; n++) {
          const { partition, partitions, code, encoded, delta, sparse, pendingMs } = round(n, n * 100);
          const range = partitionRange(partition, partitions, layout.size);
          const positions = delta.positions ?? Uint32Array.from(delta.values, (_, k) => delta.offset + k);
          expect(positions.every((at) => at >= range.low && at < range.high)).toBe(true);
          expect(partition).toBeLessThan(partitions);
          expect(pendingMs).toBeGreaterThanOrEqual(0);
          expect(pendingMs).toBeLessThanOrEqual(100 * (n + 1));
          const received = updateCode(code).decode(structuredClone(encoded), { layout, range, unit });
          expect(receiver.apply({ origin, from: n, to: n + 1, delta: received })).toBe('next');
          expect(replica.publish(delta, sparse)).toBe(n + 1);
          strategy.lookahead.published(delta);
        }
        expect(replica.sum.values).toEqual(receiver.values);
      }),
      { numRuns: 60 },
    );
  });

  test('choosing and coding moves nothing: the caller does', () => {
    const { replica, strategy, round } = peerOf({ strategy: name });
    round(0);
    const before = replica.pending.slice();
    strategy.publication({
      round: 1,
      setting: { localSteps: 2, partitions: 4, density: 0.05 },
      nowMs: 200,
      mask: null,
    });
    expect(replica.pending).toEqual(before);
    expect(replica.sum.vector.isEmpty()).toBe(true);
  });

  test('steps are weighed by the peers that take them where they are shared', () => {
    const mean = peerOf({ strategy: name, contribution: 'mean' }).strategy;
    const sum = peerOf({ strategy: name, contribution: 'sum' }).strategy;
    expect([mean.contribution(4), sum.contribution(4)]).toEqual(name === 'none' ? [1, 1] : [0.25, 1]);
    expect(mean.shared).toBe(name !== 'none');
  });
});

describe('partial', () => {
  const partitions = 5;

  test('every peer goes through all partitions in turn, and peers are out of phase', () => {
    const peers = Array.from({ length: partitions }, (_, phase) => peerOf({ strategy: 'partial', partitions }, phase));
    const seen = peers.map(() => new Set<number>());
    for (let n = 0; n < partitions; n++) {
      const inFlight = peers.map(({ round }) => round(n).partition);
      expect(new Set(inFlight).size).toBe(partitions);
      inFlight.forEach((partition, peer) => seen[peer]!.add(partition));
    }
    for (const { size } of seen) expect(size).toBe(partitions);
  });

  test.each([0.01, 0.1, 0.5])('publishes a share of %f of its partition, the largest entries', (density) => {
    const { replica, round } = peerOf({ strategy: 'partial', partitions: 2, density });
    const { partition, delta } = round(0);
    const { low, high } = partitionRange(partition, 2, layout.size);
    expect(delta.positions).toHaveLength(Math.floor((high - low) * density));
    const sent = new Set(delta.positions);
    const least = Math.min(...[...sent].map((at) => Math.abs(replica.pending[at]!)));
    for (let at = low; at < high; at++) {
      if (!sent.has(at)) expect(Math.abs(replica.pending[at]!)).toBeLessThanOrEqual(least);
    }
  });

  test('warms up with the samples of the swarm', () => {
    // A sweep takes 2 steps of 16 samples for each of 4 partitions at each of 2 peers.
    const sweep = 2 * 16 * 4 * 2;
    const { round } = peerOf({ strategy: 'partial', density: 0.05, warmup: [0.5, 0.2] });
    const entries = [0, sweep - 1, sweep, 2 * sweep].map((samples) => round(0, samples).delta.values.length);
    expect(entries).toEqual([100, 100, 40, 10]);
  });

  test('what is pruned does not compete', () => {
    const mask = new Uint8Array(layout.size).map((_, at) => at % 3);
    const { positions } = peerOf({ strategy: 'partial', density: 1 }).round(0, 1e6, mask).delta;
    expect(positions!.length).toBeGreaterThan(100);
    expect(positions!.every((at) => at % 3 !== 0)).toBe(true);
  });

  test('publishes one entry where the density rounds to none, and none where nothing is pending', () => {
    const { round } = peerOf({ strategy: 'partial', density: 0.0001 });
    expect(round(0).delta.values).toHaveLength(1);
    const pruned = new Uint8Array(layout.size);
    expect(round(1, 1e6, pruned).delta.values).toHaveLength(0);
  });

  test('everything that was learnt leaves in the end', () => {
    const { replica, strategy, round } = peerOf({ strategy: 'partial', density: 0.25 });
    const publish = ({ delta, sparse }: Publication) => replica.publish(delta, sparse);
    publish(round(0));
    const still = () => Math.max(...replica.pending.map(Math.abs));
    const before = still();
    for (let n = 1; n < 400; n++) {
      publish(
        strategy.publication({
          round: n,
          setting: { localSteps: 2, partitions: 4, density: 0.25 },
          nowMs: n,
          mask: null,
        }),
      );
    }
    expect(still()).toBeLessThan(before / 100);
  });
});

test.each(['dense', 'none'] as const)('%s empties pending to half a lattice unit or less', (name) => {
  const { replica, round } = peerOf({ strategy: name });
  for (let n = 0; n < 5; n++) {
    const { delta, sparse, partitions } = round(n);
    expect(partitions).toBe(1);
    expect(delta.values.filter((value) => value !== 0).length).toBeGreaterThan(layout.size / 2);
    replica.publish(delta, sparse);
    for (const value of replica.pending) expect(Math.abs(value)).toBeLessThanOrEqual(unit / 2);
  }
  // No momentum was masked.
  expect(replica.velocity.every((value) => value !== 0)).toBe(true);
});
