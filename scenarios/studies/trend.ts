import type { Point } from '../report/curves.ts';

/** A straight line through a course: its slope a unit of x, and the slope's standard error. */
export interface Trend {
  readonly slope: number;
  readonly standardError: number;
}

/** Parts of the course whose means stand for it. */
const BLOCKS = 25;

/**
 * Least squares through the means of 25 spans of equal length: neighbouring readings of one process depend on one another, and
 * taken one by one they would make the standard error look far smaller than it is. Null of fewer than three spans
 * with points in them.
 */
export function trendOf(points: readonly Point[]): Trend | null {
  const means = blockMeans(points);
  const count = means.length;
  if (count < 3) return null;
  const meanX = mean(means.map(({ x }) => x));
  const meanY = mean(means.map(({ y }) => y));
  const total = (term: (point: Point) => number) => means.reduce((sum, point) => sum + term(point), 0);
  const spreadX = total(({ x }) => (x - meanX) ** 2);
  const slope = total(({ x, y }) => (x - meanX) * (y - meanY)) / spreadX;
  const residual = total(({ x, y }) => (y - meanY - slope * (x - meanX)) ** 2);
  return { slope, standardError: Math.sqrt(residual / (count - 2) / spreadX) };
}

function blockMeans(points: readonly Point[]): Point[] {
  const first = points[0]?.x ?? 0;
  const length = ((points.at(-1)?.x ?? 0) - first) / BLOCKS;
  const blocks = Array.from({ length: BLOCKS }, (): Point[] => []);
  for (const point of points) blocks[Math.min(BLOCKS - 1, Math.floor((point.x - first) / length))]?.push(point);
  const filled = blocks.filter((block) => block.length > 0);
  return filled.map((block) => ({ x: mean(block.map(({ x }) => x)), y: mean(block.map(({ y }) => y)) }));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
