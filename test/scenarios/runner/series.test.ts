import { expect, test } from 'vitest';
import { MAX_POINTS, Series } from '../../../scenarios/runner/series.ts';

test('a series keeps evenly spaced points, the first among them, in bounded memory', () => {
  const series = new Series<number>();
  for (let point = 0; point < 10 * MAX_POINTS; point++) {
    series.add(point);
    expect(series.points.length).toBeLessThanOrEqual(MAX_POINTS);
  }
  const stride = series.points[1]!;
  expect(series.points).toEqual(series.points.map((_, index) => index * stride));
  expect(series.points.at(-1)!).toBeGreaterThan(10 * MAX_POINTS - 2 * stride);
});
