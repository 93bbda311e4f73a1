import type { Quantiles } from '../../../peer/events.ts';
import { spread } from '../../runner/summary.ts';
import { curvesFigure } from '../curves.ts';
import type { Figure } from '../figure.ts';
import { type FinishedRun, peerCurves, peerLegend, secondsInto, stroke, swarmCurve } from '../finished-run.ts';
import { overPeers } from '../over-peers.ts';
import { age, runTime } from '../quantity.ts';

/** How old updates were when they acted: the price of not waiting. */
export function ageFigure(run: FinishedRun): Figure {
  const { peers } = run.tally;
  const quantile = (which: keyof Quantiles) => (peer: (typeof peers)[number]) =>
    peer.course.points.flatMap(({ atMs, updateAgeSeconds }) =>
      updateAgeSeconds === null ? [] : [{ x: secondsInto(run, atMs), y: updateAgeSeconds[which] }],
    );
  const median = overPeers(peers.map(quantile('p50')), (values) => spread(values)!.median);
  const worst = overPeers(peers.map(quantile('p99')), (values) => Math.max(...values));
  return curvesFigure({
    title: 'Age of updates when applied, by time',
    description: 'Median and 99th percentile of the latest 4,096 updates that each peer applied, from gradient to use',
    legend: peerLegend(
      run,
      stroke('solid', 'p50 (heavy: median of the peers)'),
      stroke('dashed', 'p99 (heavy: the worst peer)'),
    ),
    x: runTime,
    y: age,
    curves: [
      ...peerCurves(run, 'solid', quantile('p50'), () => null),
      ...peerCurves(run, 'dashed', quantile('p99'), () => null),
      swarmCurve('p50', 'solid', median),
      swarmCurve('p99', 'dashed', worst),
    ],
    yFrom: 0,
  });
}
