import { expect, test } from 'vitest';
import { trendOf } from '../../../scenarios/studies/trend.ts';
import { seededRandom } from '../../../src/support/random.ts';

const course = (y: (x: number) => number) => Array.from({ length: 3000 }, (_, x) => ({ x, y: y(x) }));

test('a straight line is found exactly', () => {
  const trend = trendOf(course((x) => 7 + 0.25 * x))!;
  expect(trend.slope).toBeCloseTo(0.25, 10);
  expect(trend.standardError).toBeCloseTo(0, 10);
});

test('the slope of a noisy course lies within three of its standard errors', () => {
  const random = seededRandom('trend');
  for (const slope of [0, 0.01, -0.02]) {
    let drift = 0;
    // Each reading leans on the one before, as memory does.
    const noise = () => {
      drift = 0.9 * drift + 10 * (random.uniform() - 0.5);
      return drift;
    };
    const trend = trendOf(course((x) => slope * x + noise()))!;
    expect(Math.abs(trend.slope - slope)).toBeLessThan(3 * trend.standardError);
    expect(trend.standardError).toBeGreaterThan(0);
  }
});

test('too little gives none', () => {
  expect(trendOf([])).toBeNull();
  expect(trendOf(course(() => 1).slice(0, 2))).toBeNull();
  expect(trendOf([{ x: 5, y: 1 }])).toBeNull();
});
