import type { Point } from './curves.ts';

/** More places than a screen has pixels for are left out. */
const MAX_PLACES = 400;

/**
 * A curve of the swarm made from one a peer: at every x at which any peer's has a point, `combine` of all values there,
 * read between a curve's points and held after its last. Where at most half of the curves have begun there is none.
 */
export function overPeers(
  curves: readonly (readonly Point[])[],
  combine: (values: readonly number[]) => number,
): Point[] {
  const places = [...new Set(curves.flatMap((points) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const stride = Math.ceil(places.length / MAX_PLACES);
  const next = curves.map(() => 0);
  return places.flatMap((x, index) => {
    if (index % stride !== 0 && index !== places.length - 1) return [];
    const values = curves.flatMap((points, peer) => {
      while (next[peer]! < points.length && points[next[peer]!]!.x <= x) next[peer]!++;
      return valueAt(x, points[next[peer]! - 1], points[next[peer]!]);
    });
    return 2 * values.length > curves.length ? [{ x, y: combine(values) }] : [];
  });
}

function valueAt(x: number, before: Point | undefined, after: Point | undefined): number | [] {
  if (before === undefined) return [];
  if (after === undefined) return before.y;
  return before.y + ((after.y - before.y) * (x - before.x)) / (after.x - before.x);
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
