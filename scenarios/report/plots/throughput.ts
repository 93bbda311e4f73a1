import { curvesFigure, type Point } from '../curves.ts';
import type { Figure } from '../figure.ts';
import { type FinishedRun, peerCurves, peerLegend, secondsInto, stroke, swarmCurve } from '../finished-run.ts';
import { overPeers, sum } from '../over-peers.ts';
import { rate, runTime } from '../quantity.ts';

/** Samples come in whole rounds: shorter spans would show these rather than speed. */
const SPAN_SECONDS = 5;

/** Samples a second, loading, evaluating and waiting counted as they fall. */
export function throughputFigure(run: FinishedRun): Figure {
  const samples = run.tally.peers.map(({ course }) =>
    course.points.map((point) => ({ x: secondsInto(run, point.atMs), y: point.samples })),
  );
  return curvesFigure({
    title: 'Samples a second, by time',
    description: 'Samples that each peer, and all together, trained on a second, over the five seconds before',
    legend: peerLegend(run, stroke('solid', 'all peers')),
    x: runTime,
    y: rate,
    curves: [
      ...peerCurves(run, 'solid', ({ index }) => rates(samples[index]!)),
      swarmCurve('all', 'solid', rates(overPeers(samples, sum))),
    ],
    yFrom: 0,
  });
}

/** Over the shortest span of at least `SPAN_SECONDS` before each point, or all that there is. */
function rates(totals: readonly Point[]): Point[] {
  let from = 0;
  return totals.flatMap(({ x, y }, index) => {
    while (from + 1 < index && totals[from + 1]!.x <= x - SPAN_SECONDS) from++;
    const first = totals[from]!;
    return x > first.x ? [{ x, y: (y - first.y) / (x - first.x) }] : [];
  });
}
