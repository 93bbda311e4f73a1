import { spread } from '../../runner/summary.ts';
import type { EvaluationPoint } from '../../runner/tally.ts';
import { curvesFigure } from '../curves.ts';
import type { Figure } from '../figure.ts';
import { type FinishedRun, peerCurves, peerLegend, secondsInto, stroke, swarmCurve } from '../finished-run.ts';
import { overPeers } from '../over-peers.ts';
import { accuracy, bytes, type Quantity, runTime, samples } from '../quantity.ts';

/** Far below the target nothing is decided: that part of the curves is cut off. */
const SHOWN_BELOW_TARGET = 0.25;

/** Against time, bytes and samples: hardware, network and statistical efficiency in turn. */
export function accuracyFigures(run: FinishedRun): Figure[] {
  const { converged } = run.tally;
  return [
    figure(run, 'time', runTime, (point) => secondsInto(run, point.atMs), run.summary.timeToTargetSeconds),
    figure(run, 'bytes sent by the swarm', bytes('bytes sent by all peers'), (point) => point.swarmBytesSent, null),
    figure(run, 'samples', samples, (point) => point.swarmSamples, converged?.swarmSamples ?? null),
  ];
}

function figure(
  run: FinishedRun,
  by: string,
  x: Quantity,
  xOf: (point: EvaluationPoint) => number,
  reachedAt: number | null,
): Figure {
  const { manifest, tally } = run;
  const target = manifest.target.value;
  const evaluations = tally.peers.map((peer) => peer.evaluations.points);
  const points = evaluations.map((each) => each.map((point) => ({ x: xOf(point), y: point.accuracy })));
  const medians = overPeers(points, (values) => spread(values)!.median);
  const lowest = points.flat().reduce((least, { y }) => Math.min(least, y), target);
  return curvesFigure({
    title: `Accuracy of the shared replica, by ${by}`,
    description: `Accuracy on held-out samples as each peer saw it, and the median over the peers, by ${by}`,
    legend: peerLegend(run, stroke('solid', 'median of the peers')),
    x,
    y: accuracy,
    curves: [...peerCurves(run, 'solid', ({ index }) => points[index]!), swarmCurve('median', 'solid', medians)],
    yFrom: Math.max(0, lowest - 0.01, target - SHOWN_BELOW_TARGET),
    target,
    reachedAt,
  });
}
