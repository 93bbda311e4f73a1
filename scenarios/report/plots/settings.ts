import { curvesFigure } from '../curves.ts';
import type { Figure } from '../figure.ts';
import { type FinishedRun, peerCurves, peerLegend, secondsInto } from '../finished-run.ts';
import { runTime, shareTold } from '../quantity.ts';

/** What the controllers decided; none where the setting was fixed. */
export function settingsFigures(run: FinishedRun): Figure[] {
  if (run.manifest.exchange.control === 'fixed') return [];
  const figure = curvesFigure({
    title: 'What the controllers chose, by time',
    description: 'Density over local steps and partitions: the share of all entries that a local step tells the others',
    legend: peerLegend(run),
    x: runTime,
    y: shareTold,
    curves: peerCurves(run, 'solid', ({ settings }) =>
      settings.points.map(({ atMs, localSteps, partitions, density }) => ({
        x: secondsInto(run, atMs),
        y: density / partitions / localSteps,
      })),
    ),
    yFrom: 0,
  });
  return [figure];
}
