import { beforeEach, describe, expect, test } from 'vitest';
import { EvaluationPlan } from '../../peer/evaluation-plan.ts';
import { Members } from '../../peer/members.ts';
import type { ReplicaScores } from '../../peer/replica/replica-host.ts';
import { VirtualClock } from '../../src/support/virtual-clock.ts';
import { testManifest } from '../support/manifest.ts';
import { statusOf } from '../support/status.ts';

const TARGET = 0.9;
let members: Members;

beforeEach(() => {
  members = new Members(new VirtualClock(), () => {});
});

const planOf = (shard = 0, peers = 4) =>
  new EvaluationPlan(testManifest({ peers, evaluation: { everySamples: 1000 }, target: { value: TARGET } }), shard);

/** Scores of one evaluation: the stand-in's accuracy, and the whole set's. */
const scoring = (standIn: number, whole: number) => {
  const asked: boolean[] = [];
  const score = async (all: boolean): Promise<ReplicaScores> => {
    asked.push(all);
    return { accuracy: all ? whole : standIn, latentAccuracy: 0, whole: all, tookMs: 1, fingerprintHolds: true };
  };
  return { asked, score };
};

const confirm = (name: string, confirmedAccuracy: number | null) =>
  members.heard(name, statusOf(name, { confirmedAccuracy }));

describe('an evaluation is due', () => {
  test('once in every interval of swarm samples, each peer at its own place', async () => {
    const places = [];
    for (let shard = 0; shard < 4; shard++) {
      const plan = planOf(shard);
      const due: number[] = [];
      for (let samples = 0; samples <= 3000; samples += 10) {
        if (!plan.isDue(samples, members)) continue;
        due.push(samples);
        await plan.evaluate(samples, scoring(0, 0).score);
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
    await plan.evaluate(5100, scoring(0, 0).score);
    expect([plan.isDue(5200, members), plan.isDue(5250, members)]).toEqual([false, true]);
  });

  test('earlier where another peer has confirmed, after a quarter of the interval', async () => {
    const plan = planOf();
    await plan.evaluate(300, scoring(0, 0).score);
    confirm('a', TARGET - 0.01);
    expect(plan.isDue(600, members)).toBe(false);
    confirm('a', TARGET);
    expect([plan.isDue(549, members), plan.isDue(550, members)]).toEqual([false, true]);
    members.disconnected('a');
    expect(plan.isDue(600, members)).toBe(false);
  });

  test('not earlier where this peer has confirmed itself', async () => {
    const plan = planOf();
    confirm('a', 1);
    await plan.evaluate(300, scoring(1, 1).score);
    expect(plan.isDue(1200, members)).toBe(false);
  });
});

describe('the whole test set', () => {
  test.each([
    ['is left alone below the target', TARGET - 0.001, 1, [false], null],
    ['confirms', TARGET, TARGET, [false, true], TARGET],
    ['may say otherwise', TARGET, 0.5, [false, true], 0.5],
  ])('%s', async (_what, standIn, whole, asked, confirmed) => {
    const plan = planOf();
    const scores = scoring(standIn, whole);
    const found = await plan.evaluate(300, scores.score);
    expect([scores.asked, plan.confirmed]).toEqual([asked, confirmed]);
    expect(found.map(({ whole }) => whole)).toEqual(asked);
    expect(plan.converged(members)).toBe(confirmed === TARGET);
  });

  test('takes a confirmation back with the next evaluation that falls short', async () => {
    const plan = planOf();
    await plan.evaluate(300, scoring(1, 1).score);
    await plan.evaluate(1300, scoring(0.1, 1).score);
    expect(plan.confirmed).toBe(null);
    expect(plan.converged(members)).toBe(false);
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
    if (own) await plan.evaluate(300, scoring(1, 1).score);
    for (let peer = 0; peer < others; peer++) confirm(`p${peer}`, peer < confirmed ? TARGET : TARGET - 0.01);
    expect(plan.converged(members)).toBe(converged);
  });

  test('by the word of those who are here: whoever is silent does not count', async () => {
    const plan = planOf();
    await plan.evaluate(300, scoring(1, 1).score);
    confirm('a', 0.5);
    expect(plan.converged(members)).toBe(false);
    members.disconnected('a');
    expect(plan.converged(members)).toBe(true);
    confirm('b', 1);
    members.disconnected('b');
    confirm('a', null);
    expect(plan.converged(members)).toBe(false);
  });
});
