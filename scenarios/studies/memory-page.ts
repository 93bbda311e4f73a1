import { formatCount } from '../format.ts';
import { curvesFigure } from '../report/curves.ts';
import { type FinishedRun, peerCurves, peerLabel } from '../report/finished-run.ts';
import { type FootprintValue, footprintCourse } from '../report/plots/memory.ts';
import { bytes, runTime } from '../report/quantity.ts';
import { standAlone, table } from './page-parts.ts';
import { trendOf } from './trend.ts';

/** Until here memory may grow: libraries load, code is compiled, heaps and the allocator's pools find their size. */
const WARM_UP_SECONDS = 600;
/** Of a run too short for that. */
const WARM_UP_SHARE = 1 / 3;
/** Rows of the table: every so many minutes of an hour. */
const ROWS = 6;

const measures: readonly (readonly [name: string, value: FootprintValue])[] = [
  ['resident', ({ memory }) => memory?.rssBytes],
  ['resident less the log', ({ memory, logBytes }) => (memory === null ? undefined : memory.rssBytes - logBytes)],
  ['heap', ({ memory }) => memory?.heapUsedBytes],
  ['buffers', ({ memory }) => memory?.externalBytes],
  ['log', ({ logBytes }) => logBytes],
];

/** What was measured as a page in Markdown; `command` is what makes it anew, `machine` where it ran. */
export function memoryPage(run: FinishedRun, seconds: number, command: string, machine: string): string {
  const { manifest, summary, tally } = run;
  const peers = tally.peers.map(({ index }) => peerLabel(index));
  const samples = tally.peers.reduce((sum, { report }) => sum + (report?.samples ?? 0), 0);
  const fromSeconds = warmUpSeconds(seconds);
  return `# Memory over time

${peers.length} real peers, \`${manifest.name}\` with a constant rate and a target out of reach, for
${minutes(seconds)} minutes: ${formatCount(samples)} samples, ${formatCount(summary.samplesPerSecond)} a second. ${machine}. Made by

\`\`\`
${command}
\`\`\`

![Resident memory, heap and log of each peer, by time](memory.svg)

*Resident* is the process with all its threads, *heap* and *buffers* what V8 counts for the network thread, *log* the
updates held to serve others, which is bounded and grows until it is full: what must be flat is what is resident less
the log.

## In MB: ${measures.map(([name]) => name).join(' / ')}

${table(['minute', ...peers], rowsOf(run, seconds))}

## Slope after the first ${minutes(fromSeconds)} minutes, in MB an hour

Least squares through the means of 25 spans, with the slope's standard error.

${table(['peer', ...measures.map(([name]) => name)], slopesOf(run, fromSeconds, seconds))}
`;
}

/** The curves as an SVG that stands alone. */
export function memoryDrawing(run: FinishedRun): string {
  const course = (value: FootprintValue) => (peer: FinishedRun['tally']['peers'][number]) =>
    footprintCourse(run, peer, value);
  const once = (name: string) => (index: number) => (index === 0 ? name : null);
  const figure = curvesFigure({
    title: 'Memory of each peer, by time',
    description: 'Resident memory, heap in use and log of updates of each peer',
    legend: [],
    x: runTime,
    y: bytes('memory'),
    curves: [
      ...peerCurves(
        run,
        'solid',
        course(({ memory }) => memory?.rssBytes),
      ),
      ...peerCurves(
        run,
        'dashed',
        course(({ memory }) => memory?.heapUsedBytes),
        once('heap'),
      ),
      ...peerCurves(
        run,
        'dotted',
        course(({ logBytes }) => logBytes),
        once('log'),
      ),
    ],
    yFrom: 0,
  });
  return standAlone(figure);
}

/** What was read last until each time; in the first row, what was read first. */
function rowsOf(run: FinishedRun, seconds: number): string[][] {
  const times = Array.from({ length: ROWS + 1 }, (_, row) => (row * seconds) / ROWS);
  return times.map((time, row) => {
    const cells = run.tally.peers.map((peer) => {
      const values = measures.map(([, value]) => {
        const points = footprintCourse(run, peer, value);
        return megabytes((row === 0 ? points[0] : points.findLast(({ x }) => x <= time))?.y ?? null);
      });
      return values.join(' / ');
    });
    return [row === 0 ? 'first' : minutes(time), ...cells];
  });
}

function slopesOf(run: FinishedRun, fromSeconds: number, seconds: number): string[][] {
  return run.tally.peers.map((peer) => {
    const cells = measures.map(([, value]) => {
      const trend = trendOf(footprintCourse(run, peer, value).filter(({ x }) => x >= fromSeconds && x <= seconds));
      if (trend === null) return '–';
      const [slope, error] = [trend.slope, trend.standardError].map((each) => megabytes(3600 * each));
      return `${slope} ± ${error}`;
    });
    return [peerLabel(peer.index), ...cells];
  });
}

function warmUpSeconds(seconds: number): number {
  return Math.min(WARM_UP_SECONDS, seconds * WARM_UP_SHARE);
}

function megabytes(value: number | null): string {
  return value === null ? '–' : (value / 1e6).toFixed(1);
}

function minutes(seconds: number): string {
  return String(Number((seconds / 60).toFixed(1)));
}
