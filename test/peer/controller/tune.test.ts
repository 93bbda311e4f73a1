import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bytesPerSecondOf,
  type Conditions,
  HIGH_DENSITY,
  LOW_DENSITY,
  MAX_DENSITY,
  MAX_LOCAL_STEPS,
  MIN_DENSITY,
  rungsOf,
  tune,
} from '../../../peer/controller/tune.ts';

/** A swarm of four peers that train LeNet-300-100. */
const usual: Conditions = {
  parameters: 266_610,
  receivers: 3,
  stepMs: 20,
  restMs: 5,
  lastingBytesPerSecond: 50_000,
  bytesPerSecond: 50_000,
  correction: 1,
  ageSteps: 20,
  residueShare: 0.9,
};
const allowing = (bytesPerSecond: number, others: Partial<Conditions> = {}): Conditions => ({
  ...usual,
  lastingBytesPerSecond: bytesPerSecond,
  bytesPerSecond,
  ...others,
});
const start = { localSteps: 4, partitions: 4, density: 0.01 };

const budgets = fc.double({ min: 2, max: 8, noNaN: true }).map((exponent) => 10 ** exponent);
const conditions = fc.record({
  parameters: fc.integer({ min: 100, max: 10_000_000 }),
  receivers: fc.integer({ min: 1, max: 1_023 }),
  stepMs: fc.double({ min: 0.5, max: 1_000, noNaN: true }),
  restMs: fc.double({ min: 0, max: 1_000, noNaN: true }),
  correction: fc.double({ min: 0.25, max: 4, noNaN: true }),
  ageSteps: fc.integer({ min: 0, max: 1_000 }),
  residueShare: fc.double({ min: 0, max: 1, noNaN: true }),
});

describe('tune', () => {
  test('stays within bounds, and foretells an egress within what is allowed where anything is cheap enough', () => {
    fc.assert(
      fc.property(conditions, budgets, budgets, (others, before, after) => {
        const earlier = tune(start, allowing(before, others));
        const under = allowing(after, others);
        const next = tune(earlier, under);
        expect(rungsOf(others.parameters)).toContainEqual({ localSteps: next.localSteps, partitions: next.partitions });
        expect(next.density).toBeGreaterThanOrEqual(MIN_DENSITY);
        expect(next.density).toBeLessThanOrEqual(MAX_DENSITY);
        const cheapest = { ...rungsOf(others.parameters).at(-1)!, density: MIN_DENSITY };
        if (bytesPerSecondOf(cheapest, under) > after) expect(next).toEqual(cheapest);
        else expect(bytesPerSecondOf(next, under)).toBeLessThanOrEqual(after * 1.001);
      }),
    );
  });

  test('takes 0.8 of what is allowed at least, where there is enough to say and the frames are more than headers', () => {
    fc.assert(
      fc.property(conditions, budgets, (others, budget) => {
        const under = allowing(budget, { ...others, parameters: 1_000_000, residueShare: 0.9 });
        const next = tune(start, under);
        const dearest = { ...rungsOf(under.parameters)[0]!, density: HIGH_DENSITY };
        const cheapest = { ...rungsOf(under.parameters).at(-1)!, density: MIN_DENSITY };
        if (bytesPerSecondOf(dearest, under) < budget || bytesPerSecondOf(cheapest, under) > budget) return;
        expect(bytesPerSecondOf(next, under)).toBeGreaterThan(0.8 * budget);
      }),
    );
  });

  test('more allowed never means to tell less', () => {
    fc.assert(
      fc.property(conditions, budgets, fc.double({ min: 1.001, max: 100, noNaN: true }), (others, budget, factor) => {
        const enough = { ...others, residueShare: 1 };
        const less = bytesPerSecondOf(tune(start, allowing(budget, enough)), allowing(budget, enough));
        const more = bytesPerSecondOf(tune(start, allowing(budget * factor, enough)), allowing(budget, enough));
        expect(more).toBeGreaterThanOrEqual(less * 0.5);
      }),
    );
  });

  test('keeps to its rung while a useful density fills what is allowed', () => {
    const first = tune(start, allowing(10_000));
    const wanted = bytesPerSecondOf({ ...first, density: LOW_DENSITY * 1.1 }, usual);
    const most = bytesPerSecondOf({ ...first, density: HIGH_DENSITY * 0.9 }, usual);
    for (const budget of [wanted, 10_000, most]) {
      const { localSteps, partitions } = tune(first, allowing(budget));
      expect({ localSteps, partitions }).toEqual({ localSteps: first.localSteps, partitions: first.partitions });
    }
    expect(most / wanted).toBeGreaterThan(2);
  });

  test('says all that is worth it, and no more, where nothing bounds it', () => {
    expect(tune(start, allowing(1e9))).toEqual({ localSteps: 4, partitions: 4, density: HIGH_DENSITY });
  });

  test('goes no denser while little is left behind, and no further from it', () => {
    const little = tune(start, allowing(1e9, { residueShare: 0.1 }));
    expect(little).toEqual({ ...start, density: start.density });
  });

  test('density falls before a sweep becomes longer where updates are old', () => {
    const budget = bytesPerSecondOf({ ...start, density: 0.007 }, usual);
    expect(tune(start, allowing(budget)).partitions).toBeGreaterThan(4);
    const old = tune(start, allowing(budget, { ageSteps: 1_000 }));
    expect(old).toMatchObject({ localSteps: 4, partitions: 4 });
    expect(old.density).toBeCloseTo(0.007, 4);
  });

  test('while a queue drains, only the density gives way', () => {
    const lasting = tune(start, allowing(20_000));
    const { localSteps, partitions, density } = tune(lasting, { ...allowing(20_000), bytesPerSecond: 2_000 });
    expect({ localSteps, partitions }).toEqual({ localSteps: lasting.localSteps, partitions: lasting.partitions });
    expect(density).toBeLessThan(lasting.density / 5);
  });
});

describe('rungs', () => {
  test.each([100, 1_450, 25_450, 266_610, 10_000_000])(
    'of %i parameters cost less one after the other',
    (parameters) => {
      const rungs = rungsOf(parameters);
      const costs = rungs.map((rung) => bytesPerSecondOf({ ...rung, density: 0.02 }, { ...usual, parameters }));
      for (let k = 1; k < costs.length; k++) expect(costs[k]).toBeLessThan(costs[k - 1]!);
      expect(rungs.at(-1)!.localSteps).toBe(MAX_LOCAL_STEPS);
      for (const { partitions } of rungs) expect(partitions).toBeLessThanOrEqual(Math.max(1, parameters / 100));
    },
  );
});
