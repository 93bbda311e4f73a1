import { expect, test } from 'vitest';
import { overPeers, sum } from '../../../scenarios/report/over-peers.ts';

const at = (...points: [number, number][]) => points.map(([x, y]) => ({ x, y }));

test('values between points are read off the line, and held after the last', () => {
  const curves = [at([0, 0], [10, 100]), at([5, 10], [20, 40])];
  expect(overPeers(curves, sum)).toEqual(at([5, 60], [10, 120], [20, 140]));
  expect(overPeers(curves, (values) => Math.max(...values))).toEqual(at([5, 50], [10, 100], [20, 100]));
});

test('there is none before more than half of the curves have begun', () => {
  const late = [at([0, 1], [9, 1]), at([0, 1]), at([4, 1]), at([9, 1])];
  expect(overPeers(late, sum)).toEqual(at([4, 3], [9, 4]));
  expect(overPeers([[], at([1, 7])], sum)).toEqual([]);
  expect(overPeers([], sum)).toEqual([]);
});

test('a long course keeps its last point and no more than a screen shows', () => {
  const curve = Array.from({ length: 5000 }, (_, x) => ({ x, y: 2 * x }));
  const thinned = overPeers([curve], sum);
  expect(thinned.length).toBeLessThanOrEqual(401);
  expect(thinned.at(-1)).toEqual({ x: 4999, y: 9998 });
});
