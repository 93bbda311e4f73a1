import type { Footprint } from '../../../peer/events.ts';
import type { PeerTally } from '../../runner/tally.ts';
import { curvesFigure, type Point } from '../curves.ts';
import type { Figure } from '../figure.ts';
import { type FinishedRun, peerCurves, peerLegend, secondsInto, stroke } from '../finished-run.ts';
import { bytes, runTime } from '../quantity.ts';

/** One figure of a footprint; undefined where the peer did not tell it. */
export type FootprintValue = (footprint: Footprint) => number | undefined;

/** How it went for one peer, by seconds since the run's start. */
export function footprintCourse(run: FinishedRun, { course }: PeerTally, value: FootprintValue): Point[] {
  return course.points.flatMap(({ atMs, footprint }) => {
    const y = footprint === null ? undefined : value(footprint);
    return y === undefined ? [] : [{ x: secondsInto(run, atMs), y }];
  });
}

/** What is resident, and what of it the network thread and its log account for. */
export function memoryFigures(run: FinishedRun): Figure[] {
  const course = (value: FootprintValue) => (peer: PeerTally) => footprintCourse(run, peer, value);
  const heap = course(({ memory }) => memory?.heapUsedBytes);
  const buffers = course(({ memory }) => memory?.externalBytes);
  const log = course(({ logBytes }) => logBytes);
  const common = { x: runTime, y: bytes('memory'), yFrom: 0 };
  return [
    curvesFigure({
      ...common,
      title: 'Resident memory of each process, by time',
      description: 'Resident set size of each process, all its threads included, as its first peer tells it',
      legend: peerLegend(run),
      curves: peerCurves(
        run,
        'solid',
        course(({ memory }) => memory?.rssBytes),
      ),
    }),
    curvesFigure({
      ...common,
      title: 'Memory of each network thread, by time',
      description: 'Heap in use and buffers outside of it, of each process, and the log of updates of each peer in it',
      legend: peerLegend(run, stroke('solid', 'heap'), stroke('dashed', 'buffers'), stroke('dotted', 'log of updates')),
      curves: [
        ...peerCurves(run, 'solid', heap, () => null),
        ...peerCurves(run, 'dashed', buffers, () => null),
        ...peerCurves(run, 'dotted', log, () => null),
      ],
    }),
  ];
}
