import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { givesUp, mayAdopt, planAdoption } from '../../../peer/exchange/adoption.ts';
import type { OriginKey } from '../../../src/sum/origin.ts';
import { ENTRY_OVERHEAD_BYTES, UpdateLog } from '../../../src/sum/update-log.ts';
import { VersionVector } from '../../../src/sum/version-vector.ts';

const [a, b, c] = ['a', 'b', 'c'].map((peer): OriginKey => `${peer}/0000000000000001`) as [
  OriginKey,
  OriginKey,
  OriginKey,
];

/** A peer that publishes as `a` and stands at `arrived`; its log holds what lies beyond `floors`. */
function standpoint(arrived: Record<OriginKey, number>, floors: Record<OriginKey, number> = {}) {
  const log = new UpdateLog(2 ** 30);
  for (const [origin, sequence] of Object.entries(arrived)) {
    log.restart(origin, floors[origin] ?? 0);
    for (let to = (floors[origin] ?? 0) + 1; to <= sequence; to++) {
      log.append({ origin, from: to - 1, to, bytes: Uint8Array.of(to) });
    }
  }
  return { origin: a, arrived: new VersionVector(Object.entries(arrived)), log };
}

const sequences = (entries: readonly { origin: OriginKey; to: number }[]) =>
  entries.map(({ origin, to }) => `${origin[0]}${to}`);

describe('a plan', () => {
  test('replays what the image lacks and the log holds, of every origin', () => {
    const plan = planAdoption(standpoint({ [a]: 5, [b]: 3 }, { [a]: 2 }), [
      [a, 3],
      [b, 7],
      [c, 4],
    ]);
    expect(sequences(plan.replay)).toEqual(['a4', 'a5']);
    expect(Object.fromEntries(plan.vector)).toEqual({ [a]: 5, [b]: 7, [c]: 4 });
    expect([givesUp(plan), plan.putBack]).toEqual([0, []]);
  });

  test('gives up what lies beyond a gap, and puts back what the log holds of the own updates', () => {
    const plan = planAdoption(standpoint({ [a]: 9, [b]: 8, [c]: 2 }, { [a]: 6, [b]: 7 }), [
      [a, 4],
      [b, 5],
    ]);
    expect(Object.fromEntries(plan.vector)).toEqual({ [a]: 4, [b]: 5, [c]: 2 });
    expect(sequences(plan.replay)).toEqual(['c1', 'c2']);
    expect([plan.ownGivenUp, plan.othersGivenUp, plan.putBackAbove]).toEqual([5, 3, 6]);
    expect(sequences(plan.putBack)).toEqual(['a7', 'a8', 'a9']);
  });

  test('of own updates that the log has lost puts none back', () => {
    const plan = planAdoption(standpoint({ [a]: 9 }, { [a]: 9 }), [[a, 4]]);
    expect([plan.ownGivenUp, plan.putBack, plan.putBackAbove]).toEqual([5, [], 9]);
  });

  test('accounts for every update: it is in the image, replayed, or given up', () => {
    const vector = fc.record({ [a]: fc.nat(6), [b]: fc.nat(6), [c]: fc.nat(6) });
    fc.assert(
      fc.property(vector, vector, vector, (arrived, floors, image) => {
        for (const origin of [a, b, c]) floors[origin] = Math.min(floors[origin]!, arrived[origin]!);
        const plan = planAdoption(standpoint(arrived, floors), Object.entries(image));
        let kept = 0;
        for (const [origin, sequence] of plan.vector) {
          expect(sequence).toBeGreaterThanOrEqual(image[origin]!);
          kept += Math.min(sequence, arrived[origin]!);
        }
        const all = new VersionVector(Object.entries(arrived)).total();
        expect(kept + givesUp(plan)).toBe(all);
        expect(plan.putBack.length).toBeLessThanOrEqual(plan.ownGivenUp);
      }),
    );
  });
});

describe('of two peers', () => {
  test('one that loses nothing adopts, however low the other stands', () => {
    const { arrived, ...rest } = standpoint({ [a]: 50 });
    expect(mayAdopt(planAdoption({ arrived, ...rest }, [[a, 1]]), arrived, [[a, 1]])).toBe(true);
  });

  test('beyond each other’s logs exactly one adopts: the lower, or by hash where both stand equally high', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), (mine, theirs) => {
        const one = standpoint({ [a]: mine }, { [a]: mine });
        const other = standpoint({ [b]: theirs }, { [b]: theirs });
        const image = (of: typeof one) => [...of.arrived.entries()];
        const oneAdopts = mayAdopt(planAdoption(one, image(other)), one.arrived, image(other));
        const otherAdopts = mayAdopt(planAdoption(other, image(one)), other.arrived, image(one));
        expect(oneAdopts).not.toBe(otherAdopts);
        if (mine !== theirs) expect(oneAdopts).toBe(mine < theirs);
      }),
    );
  });
});

test('a log holds what a plan counts on', () => {
  const log = new UpdateLog(3 * (ENTRY_OVERHEAD_BYTES + 1));
  for (let to = 1; to <= 5; to++) log.append({ origin: a, from: to - 1, to, bytes: Uint8Array.of(to) });
  const arrived = new VersionVector([[a, 5]]);
  expect(planAdoption({ origin: a, arrived, log }, [[a, 1]]).putBackAbove).toBe(2);
});
