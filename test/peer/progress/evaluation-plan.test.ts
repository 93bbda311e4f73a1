import { beforeEach, describe, expect, test } from 'vitest';
import { Members } from '../../../peer/membership/members.ts';
import { EvaluationPlan } from '../../../peer/progress/evaluation-plan.ts';
import type { EvaluationScope, ReplicaScores } from '../../../peer/replica/replica-host.ts';
import type { PeerState } from '../../../protocols/status/messages.ts';
import { VirtualClock } from '../../../src/support/virtual-clock.ts';
import { testManifest } from '../../support/manifest.ts';
import { statusOf } from '../../support/status.ts';

const TARGET = 0.9;
const STAND_IN = 400;
const DEVIATION = Math.sqrt((TARGET * (1 - TARGET)) / STAND_IN);
let members: Members;

beforeEach(() => {
  members = new Members(new VirtualClock(), () => {});
});

const planOf = (shard = 0, peers = 4) =>
  new EvaluationPlan(
    testManifest({ peers, evaluation: { everySamples: 1000, samples: STAND_IN }, target: { value: TARGET } }),
    shard,
  );

/** Scores of one evaluation: the stand-in's accuracy, and the whole set's. */
const scoring = (standIn: number, whole: number) => {
  const asked: boolean[] = [];
  const score = async (scope: EvaluationScope): Promise<ReplicaScores> => {
    const all = scope !== 'stand-in';
    asked.push(all);
    return { accuracy: all ? whole : standIn, latentAccuracy: 0, whole: all, tookMs: 1, fingerprintHolds: true };
  };
  return { asked, score };
};

function confirm(name: string, confirmedAtSamples: number | null, state: PeerState = 'training'): void {
  if (members.get(name) === undefined) members.admit(name);
  members.heard(name, statusOf(name, { confirmedAtSamples, state }));
}

test('a confirmation of the far future is none', () => {
  const plan = planOf();
  confirm('a', 2 ** 47);
  confirm('b', 2 ** 47);
  expect(plan.converged(members, 1000)).toBe(false);
  confirm('a', 1000);
  confirm('b', 1900);
  expect(plan.converged(members, 1000)).toBe(true);
});

describe('an evaluation is due', () => {
  test('once in every interval of swarm samples, each peer at its own place', async () => {
    const places = [];
    for (let shard = 0; shard < 4; shard++) {
      const plan = planOf(shard);
      const due: number[] = [];
      for (let samples = 0; samples <= 3000; samples += 10) {
        if (!plan.isDue(samples, members)) continue;
        due.push(samples);
        await plan.evaluate(samples, false, scoring(0, 0).score);
      }
      places.push(due);
    }
    expect(places).toEqual([
      [250, 1250, 2250],
      [500, 1500, 2500],
      [750, 1750, 2750],
      [1000, 2000, 3000],
    ]);
  });

  test('once only where the swarm jumps over several places', async () => {
    const plan = planOf();
    expect(plan.isDue(5100, members)).toBe(true);
    await plan.evaluate(5100, false, scoring(0, 0).score);
    expect([plan.isDue(5200, members), plan.isDue(5250, members)]).toEqual([false, true]);
  });

  test('earlier where another peer has confirmed, after a quarter of the interval', async () => {
    const plan = planOf();
    await plan.evaluate(300, false, scoring(0, 0).score);
    confirm('a', null);
    expect(plan.isDue(600, members)).toBe(false);
    confirm('a', 310);
    expect([plan.isDue(549, members), plan.isDue(550, members)]).toEqual([false, true]);
    members.disconnected('a');
    expect(plan.isDue(600, members)).toBe(false);
  });

  test('not earlier where this peer has confirmed itself', async () => {
    const plan = planOf();
    confirm('a', 300);
    await plan.evaluate(300, false, scoring(1, 1).score);
    expect(plan.isDue(1200, members)).toBe(false);
  });
});

describe('the whole test set', () => {
  test.each([
    ['is left alone far below the target', TARGET - 2.1 * DEVIATION, 1, [false], null],
    ['is asked where chance may hide the target', TARGET - 1.9 * DEVIATION, TARGET, [false, true], 300],
    ['confirms', TARGET, TARGET, [false, true], 300],
    ['may say otherwise', TARGET, 0.5, [false, true], null],
  ])('%s', async (_what, standIn, whole, asked, confirmed) => {
    const plan = planOf();
    const scores = scoring(standIn, whole);
    const found = await plan.evaluate(300, false, scores.score);
    expect([scores.asked, plan.confirmedAtSamples]).toEqual([asked, confirmed]);
    expect(found.map(({ whole }) => whole)).toEqual(asked);
    expect(plan.converged(members, 300)).toBe(confirmed !== null);
  });

  test('is asked later where it is known to score above or below the stand-in samples', async () => {
    const plan = planOf();
    await plan.evaluate(300, false, scoring(TARGET, TARGET - 0.02).score);
    const near = scoring(TARGET + 0.019 - DEVIATION, 1);
    await plan.evaluate(1300, false, near.score);
    const there = scoring(TARGET + 0.021 - DEVIATION, 1);
    await plan.evaluate(2300, false, there.score);
    expect([near.asked, there.asked]).toEqual([[false], [false, true]]);
  });

  test('is asked in any case at the end', async () => {
    const scores = scoring(0, 1);
    await planOf().evaluate(300, true, scores.score);
    expect(scores.asked).toEqual([false, true]);
  });

  test('confirms for an interval, and for two once somebody stops on the strength of it', async () => {
    const plan = planOf();
    await plan.evaluate(300, false, scoring(1, 1).score);
    expect([plan.converged(members, 1300), plan.converged(members, 1301)]).toEqual([true, false]);
    confirm('a', 400);
    expect([plan.converged(members, 1300), plan.converged(members, 1301)]).toEqual([true, false]);
    confirm('a', 400, 'finishing');
    expect([plan.converged(members, 2300), plan.converged(members, 2301)]).toEqual([true, false]);
  });

  test('is left behind at once by a swarm that jumps very far ahead', async () => {
    const plan = planOf();
    await plan.evaluate(2 ** 48, false, scoring(0, 0).score);
    expect([plan.isDue(2 ** 48, members), plan.isDue(2 ** 48 + 1000, members)]).toEqual([false, true]);
  });
});

describe('the swarm has converged', () => {
  test.each([
    // Other peers, of them confirmed, this peer confirmed, converged.
    [0, 0, true, true],
    [0, 0, false, false],
    [1, 0, true, false],
    [1, 1, false, false],
    [1, 1, true, true],
    [2, 1, true, true],
    [2, 2, false, true],
    [3, 1, true, false],
    [3, 2, true, true],
    [3, 3, false, true],
    [4, 2, true, true],
    [4, 2, false, false],
  ])('with %i others, %i of them there, itself %s: %s', async (others, confirmed, own, converged) => {
    const plan = planOf();
    if (own) await plan.evaluate(300, false, scoring(1, 1).score);
    for (let peer = 0; peer < others; peer++) confirm(`p${peer}`, peer < confirmed ? 250 : null);
    expect(plan.converged(members, 300)).toBe(converged);
  });

  test('also by the word of those who have left in order since', async () => {
    const plan = planOf();
    for (const name of ['a', 'b', 'c']) confirm(name, name === 'c' ? null : 300);
    expect(plan.converged(members, 300)).toBe(false);
    for (const name of ['a', 'b']) confirm(name, 300, 'left');
    expect(plan.converged(members, 300)).toBe(false);
    confirm('c', 300);
    expect(plan.converged(members, 300)).toBe(true);
    // Who left without having confirmed is no vote against.
    confirm('d', null);
    confirm('d', null, 'left');
    expect(plan.converged(members, 300)).toBe(true);
  });

  test('by the word of those who are here: whoever is silent does not count', async () => {
    const plan = planOf();
    await plan.evaluate(300, false, scoring(1, 1).score);
    confirm('a', null);
    expect(plan.converged(members, 300)).toBe(false);
    members.disconnected('a');
    expect(plan.converged(members, 300)).toBe(true);
    confirm('b', 300);
    members.disconnected('b');
    confirm('a', null);
    expect(plan.converged(members, 300)).toBe(false);
  });
});
