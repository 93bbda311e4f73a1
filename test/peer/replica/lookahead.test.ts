import { describe, expect, test } from 'vitest';
import {
  createLookahead,
  type Lookahead,
  type LookaheadConditions,
  residualFactor,
} from '../../../peer/replica/lookahead.ts';
import { Replica } from '../../../peer/replica/replica.ts';

const unit = 2 ** -4;
const likely: LookaheadConditions = { members: 4, delayRounds: 1, localSteps: 4, labelSkew: 0 };

function replicaOf(...shared: number[]): Replica {
  return new Replica(
    Int32Array.from(shared, (value) => value / unit),
    { unit, origin: 'a/0', hashSeed: 0 },
  );
}

function weightsOf(lookahead: Lookahead, replica: Replica): number[] {
  const weights = new Float32Array(replica.size);
  lookahead.weights(weights);
  return [...weights];
}

/** One local step without momentum: `pending` falls by the gradient. */
function step(replica: Replica, lookahead: Lookahead, ...gradient: number[]): void {
  replica.learn(Float32Array.from(gradient), 1, 0);
  lookahead.learnt();
}

function publish(replica: Replica, lookahead: Lookahead, positions: number[], values: number[]): void {
  const delta = {
    positions: Uint32Array.from(positions),
    offset: 0,
    values: Int32Array.from(values, (value) => value / unit),
  };
  replica.publish(delta, true);
  lookahead.published(delta);
}

describe('the residual factor', () => {
  test.each([
    // n, H, delay, c: rows of the design's table, each where it was stable.
    [4, 4, 1, 2],
    [4, 16, 5, 4],
    [16, 4, 1, 4],
    [16, 4, 5, 8.94],
    [64, 4, 1, 16],
    [64, 4, 5, 35.78],
    [64, 16, 1, 32],
    [1, 4, 100, 1],
    [2, 1, 1, Math.SQRT2],
  ])('of %i peers, %i local steps and a delay of %i rounds is %f', (members, localSteps, delayRounds, factor) => {
    expect(residualFactor({ members, localSteps, delayRounds, labelSkew: 0 })).toBeCloseTo(factor, 2);
  });

  test('is min(n, max(sqrt(n), n/4, n sqrt(H delay)/8)), from 1 to n, and grows with delay', () => {
    for (const members of [1, 2, 3, 4, 8, 16, 100, 4096]) {
      let former = 0;
      for (const localSteps of [1, 4, 32]) {
        for (const delayRounds of [1, 1.5, 7, 40]) {
          const factor = residualFactor({ members, localSteps, delayRounds, labelSkew: 0 });
          const wanted = Math.max(members ** 0.5, members / 4, (members * (localSteps * delayRounds) ** 0.5) / 8);
          expect(factor).toBeCloseTo(Math.min(members, wanted), 9);
          expect(factor).toBeGreaterThanOrEqual(1);
          expect(factor).toBeLessThanOrEqual(members);
          if (delayRounds > 1) expect(factor).toBeGreaterThanOrEqual(former);
          former = factor;
        }
      }
    }
  });
});

describe('residual', () => {
  test('adds c times what is pending to S, and moves back by c - 1 of what is published', () => {
    const replica = replicaOf(1, 2);
    const lookahead = createLookahead(3, replica);
    lookahead.beginRound(likely);
    expect(weightsOf(lookahead, replica)).toEqual([1, 2]);
    step(replica, lookahead, 0.5, 0);
    expect(weightsOf(lookahead, replica)).toEqual([1 - 3 * 0.5, 2]);
    publish(replica, lookahead, [0], [-0.5]);
    expect(weightsOf(lookahead, replica)).toEqual([0.5, 2]);
    expect(lookahead.describe()).toBe('3 x pending');
  });

  test('keeps looking at old residue in later rounds', () => {
    const replica = replicaOf(0);
    const lookahead = createLookahead(2, replica);
    lookahead.beginRound(likely);
    step(replica, lookahead, 1);
    for (let round = 0; round < 5; round++) lookahead.beginRound(likely);
    expect(weightsOf(lookahead, replica)).toEqual([-2]);
  });
});

describe('recent', () => {
  test('starts every round at S where the delay is one round', () => {
    const replica = replicaOf(1, 2);
    const lookahead = createLookahead('recent', replica);
    for (let round = 0; round < 3; round++) {
      lookahead.beginRound(likely);
      expect(weightsOf(lookahead, replica)).toEqual([...replica.sum.values].map((value) => value * unit));
      step(replica, lookahead, 0.5, -0.25);
      const [first, second] = [replica.sum.values[0]! * unit, replica.sum.values[1]! * unit];
      expect(weightsOf(lookahead, replica)).toEqual([first - 4 * 0.5, second + 4 * 0.25]);
      publish(replica, lookahead, [0], [-0.5]);
    }
    expect(lookahead.describe()).toBe('4 x recent');
  });

  test('shrinks by 1 - 1/delay a round, whatever stays pending', () => {
    const replica = replicaOf(0);
    const lookahead = createLookahead('recent', replica);
    const conditions = { ...likely, members: 1, delayRounds: 4 };
    lookahead.beginRound(conditions);
    step(replica, lookahead, 1);
    expect(weightsOf(lookahead, replica)).toEqual([-1]);
    lookahead.beginRound(conditions);
    expect(weightsOf(lookahead, replica)).toEqual([-0.75]);
    lookahead.beginRound({ ...conditions, delayRounds: 2 });
    expect(weightsOf(lookahead, replica)).toEqual([-0.375]);
    expect([...replica.pending]).toEqual([-1]);
  });

  test('loses what is published, sparse or dense', () => {
    const replica = replicaOf(0, 0);
    const lookahead = createLookahead('recent', replica);
    lookahead.beginRound({ ...likely, members: 2 });
    step(replica, lookahead, 1, 1);
    publish(replica, lookahead, [1], [-0.75]);
    expect(weightsOf(lookahead, replica)).toEqual([-2, -0.75 - 2 * 0.25]);
    const dense = { positions: null, offset: 0, values: Int32Array.of(-1 / unit, -0.25 / unit) };
    replica.publish(dense, false);
    lookahead.published(dense);
    expect(weightsOf(lookahead, replica)).toEqual([-1, -1]);
  });
});

describe('auto', () => {
  test.each<[string, Partial<LookaheadConditions>]>([
    ['2 x pending', {}],
    ['2.83 x pending', { members: 8 }],
    ['9 x recent', { members: 9 }],
    ['4 x pending', { delayRounds: 16 }],
    ['4 x recent', { delayRounds: 16.1 }],
    ['2 x pending', { labelSkew: 0.24 }],
    ['4 x recent', { labelSkew: 0.25 }],
  ])('is %s at %o', (chosen, conditions) => {
    const replica = replicaOf(0);
    const lookahead = createLookahead('auto', replica);
    lookahead.beginRound({ ...likely, ...conditions });
    expect(lookahead.describe()).toBe(`auto: ${chosen}`);
    expect(lookahead.masksMomentum).toBe(chosen.endsWith('pending'));
    step(replica, lookahead, 1);
    expect(weightsOf(lookahead, replica)[0]).toBeCloseTo(-Number.parseFloat(chosen), 2);
  });

  test('follows the conditions from round to round; a form newly picked has no memory', () => {
    const replica = replicaOf(0);
    const lookahead = createLookahead('auto', replica);
    lookahead.beginRound(likely);
    step(replica, lookahead, 1);
    lookahead.beginRound({ ...likely, members: 20, delayRounds: 3 });
    expect(weightsOf(lookahead, replica)).toEqual([0]);
    step(replica, lookahead, 1);
    publish(replica, lookahead, [0], [-1]);
    expect(weightsOf(lookahead, replica)).toEqual([-1]);
    lookahead.beginRound(likely);
    expect(weightsOf(lookahead, replica)).toEqual([-1 - 2 * 1]);
  });
});
