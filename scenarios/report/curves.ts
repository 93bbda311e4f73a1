import * as Plot from '@observablehq/plot';
import { type Dash, dashes, type Figure, type Frame, type LegendItem } from './figure.ts';
import type { Quantity } from './quantity.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Curve {
  /** Stands beside its last point; null leaves it to the legend. */
  readonly label: string | null;
  readonly colour: string;
  readonly dash: Dash;
  /** Drawn over the others, and heavier. */
  readonly strong: boolean;
  readonly points: readonly Point[];
}

export interface CurvesInit {
  readonly title: string;
  readonly description: string;
  readonly legend: readonly LegendItem[];
  readonly x: Quantity;
  readonly y: Quantity;
  readonly curves: readonly Curve[];
  /** The least value of y that is shown; null begins where the curves do. */
  readonly yFrom: number | null;
  /** A level to reach, drawn across. */
  readonly target?: number | null;
  /** Where on x the swarm had reached it. */
  readonly reachedAt?: number | null;
}

/** More points than this on a line are more than a screen has pixels for it. */
const MAX_POINTS = 400;
/** More labels than this beside the curves cannot be told apart. */
const MAX_LABELS = 8;
const LABEL_HEIGHT = 13;

/** Lines over a common x. */
export function curvesFigure(init: CurvesInit): Figure {
  const { curves, target = null, reachedAt = null } = init;
  const drawn = curves.filter(({ points }) => points.length > 0).map((curve) => ({ ...curve, points: thin(curve) }));
  const xs = drawn.flatMap(({ points }) => points.map(({ x }) => x));
  const ys = drawn.flatMap(({ points }) => points.map(({ y }) => y));
  const top = largest([...ys, target ?? 0]);
  const bottom = init.yFrom ?? ys.reduce((least, y) => Math.min(least, y), top);
  const labelled = drawn.filter(({ label }) => label !== null);
  const labels = labelled.length <= MAX_LABELS ? labelled : [];
  return {
    ...init,
    xDomain: [0, largest([...xs, reachedAt ?? 0])],
    yDomain: [bottom, top],
    labelled: labels.length > 0,
    marks: (frame) =>
      drawn.length === 0
        ? []
        : [
            ...guides(frame, target, reachedAt),
            ...drawn.toSorted((a, b) => Number(a.strong) - Number(b.strong)).map((curve) => line(frame, curve)),
            ...endLabels(frame, labels),
          ],
  };
}

function line({ x, y }: Frame, { points, colour, dash, strong }: Curve): Plot.Markish {
  return Plot.line(
    points.map((point) => [x(point.x), y(point.y)]),
    { stroke: colour, strokeDasharray: dashes[dash], strokeWidth: strong ? 2.6 : 1.5, clip: true },
  );
}

/** The target across, and the moment when it was reached down. */
function guides({ x, y }: Frame, target: number | null, reachedAt: number | null): Plot.Markish[] {
  const marks: Plot.Markish[] = [];
  if (reachedAt !== null) {
    const place = { x: [x(reachedAt)], frameAnchor: 'bottom', textAnchor: 'end', dx: -5, dy: -6 } as const;
    marks.push(Plot.ruleX([x(reachedAt)], { strokeOpacity: 0.4 }), Plot.text(['target reached'], place));
  }
  if (target !== null) {
    const place = { y: [y(target)], frameAnchor: 'left', textAnchor: 'start', dx: 6, dy: -8 } as const;
    const text = `target ${Number((target * 100).toFixed(2))} %`;
    marks.push(Plot.ruleY([y(target)], { strokeDasharray: '5 4', strokeOpacity: 0.8 }), Plot.text([text], place));
  }
  return marks;
}

/** Each curve's name beside its last point, pushed down as far as keeps it clear of the one above. */
function endLabels({ y, top }: Frame, curves: readonly Curve[]): Plot.Markish[] {
  const ends = curves.map((curve) => ({ curve, end: curve.points.at(-1)! }));
  ends.sort((a, b) => top(a.end.y) - top(b.end.y));
  const block = (ends.length - 1) * LABEL_HEIGHT;
  let free = Number.NEGATIVE_INFINITY;
  // A heap of names is centred on its curves rather than hung below the first.
  const lift =
    ends.length > 1 ? Math.min(block, Math.max(0, block - (top(ends.at(-1)!.end.y) - top(ends[0]!.end.y)))) / 2 : 0;
  return ends.map(({ curve, end }) => {
    const at = top(end.y);
    const place = Math.max(free, at - lift);
    free = place + LABEL_HEIGHT;
    return Plot.text([curve.label!], {
      y: [y(end.y)],
      fill: curve.colour,
      fontWeight: curve.strong ? 'bold' : 'normal',
      frameAnchor: 'right',
      textAnchor: 'start',
      dx: 6,
      dy: place - at,
    });
  });
}

/** Every so-manieth point, and the last. */
function thin({ points }: Curve): readonly Point[] {
  const stride = Math.ceil(points.length / MAX_POINTS);
  return points.filter((_, index) => index % stride === 0 || index === points.length - 1);
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0) || 1;
}
