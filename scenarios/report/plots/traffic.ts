import * as Plot from '@observablehq/plot';
import { formatBytes } from '../../format.ts';
import type { Summary } from '../../runner/summary.ts';
import { addWireBytes, type WireBytes, type WireKind, wireBytes, wireKinds } from '../../runner/wire-bytes.ts';
import { wireColours } from '../colours.ts';
import { curvesFigure } from '../curves.ts';
import type { Figure, LegendItem } from '../figure.ts';
import {
  type FinishedRun,
  MAX_SHOWN_PEERS,
  peerCurves,
  peerLabel,
  peerLegend,
  secondsInto,
  stroke,
  swarmCurve,
} from '../finished-run.ts';
import { overPeers, sum } from '../over-peers.ts';
import { bytes, runTime } from '../quantity.ts';

const kinds = Object.keys(wireKinds) as WireKind[];
const none = addWireBytes([]);
const total = (sent: WireBytes) => sum(kinds.map((kind) => sent[kind]));

/** How much was sent, by whom, when, and for what. */
export function trafficFigures(run: FinishedRun): Figure[] {
  return [sentByPeer(run), swarmByKind(run), peersByKind(run)];
}

function sentByPeer(run: FinishedRun): Figure {
  const { tally, summary } = run;
  const sent = tally.peers.map(({ course }) =>
    course.points.map(({ atMs, bytesSent }) => ({ x: secondsInto(run, atMs), y: bytesSent })),
  );
  return curvesFigure({
    title: 'Bytes sent, by time',
    description: 'Bytes that each peer, and all together, had handed to their sockets by then',
    legend: peerLegend(run, stroke('solid', 'all peers')),
    x: runTime,
    y: bytes('bytes sent'),
    curves: [
      ...peerCurves(run, 'solid', ({ index }) => sent[index]!),
      swarmCurve('all', 'solid', overPeers(sent, sum)),
    ],
    yFrom: 0,
    reachedAt: summary.timeToTargetSeconds,
  });
}

/** One kind's bytes at one place of the other axis. */
interface Part {
  readonly at: number | string;
  readonly kind: WireKind;
  readonly bytes: number;
}

function swarmByKind(run: FinishedRun): Figure {
  const courses = run.tally.peers.map(({ course }) =>
    course.points.flatMap(({ atMs, footprint }) =>
      footprint === null ? [] : [{ x: secondsInto(run, atMs), sent: wireBytes(footprint) }],
    ),
  );
  const parts: Part[] = kinds.flatMap((kind) => {
    const ofKind = courses.map((course) => course.map(({ x, sent }) => ({ x, y: sent[kind] })));
    return overPeers(ofKind, sum).map(({ x, y }) => ({ at: x, kind, bytes: y }));
  });
  const last = addWireBytes(courses.map((course) => course.at(-1)?.sent ?? none));
  return {
    title: 'Bytes sent by the swarm, by kind and time',
    description: 'Bytes that all peers together had sent by then, stacked by what they were for',
    legend: kindLegend(last),
    x: runTime,
    xDomain: [0, (parts.at(-1)?.at as number) ?? 1],
    y: bytes('bytes sent by all peers'),
    yDomain: [0, total(last)],
    labelled: false,
    marks: ({ x, y }) =>
      parts.length === 0
        ? []
        : [Plot.areaY(parts, { ...stack, x: ({ at }: Part) => x(at as number), y: (part: Part) => y(part.bytes) })],
  };
}

function peersByKind({ summary }: FinishedRun): Figure {
  const peers = shownPeers(summary);
  const parts: Part[] = peers.flatMap(({ at, sent }) => kinds.map((kind) => ({ at, kind, bytes: sent[kind] })));
  const most = Math.max(...peers.map(({ sent }) => total(sent)));
  return {
    title: 'Bytes sent by each peer, by kind',
    description: 'Bytes that each peer had sent in the end, stacked by what they were for',
    legend: kindLegend(addWireBytes(summary.peers.map(({ sentByKind }) => sentByKind ?? none))),
    x: bytes('bytes sent'),
    xDomain: [0, most],
    y: null,
    yDomain: peers.map(({ at }) => at),
    labelled: true,
    marks: ({ x }) =>
      most === 0
        ? []
        : [
            Plot.barX(parts, { ...stack, x: (part: Part) => x(part.bytes), y: 'at' }),
            Plot.text(peers, {
              x: ({ sent }) => x(total(sent)),
              y: 'at',
              text: ({ sent }) => formatBytes(total(sent)),
              textAnchor: 'start',
              dx: 6,
            }),
          ],
  };
}

/** All of them or, of many, those who sent the least, the middle and the most. */
function shownPeers({ peers }: Summary): { at: string; sent: WireBytes }[] {
  const all = peers.map(({ sentByKind }, index) => ({ at: peerLabel(index), sent: sentByKind ?? none }));
  if (all.length <= MAX_SHOWN_PEERS) return all;
  const sorted = all.sort((a, b) => total(a.sent) - total(b.sent));
  return [sorted[0]!, sorted[sorted.length >> 1]!, sorted.at(-1)!];
}

/** Parts heaped up in one order, with a hair of the page between them. */
const stack = {
  z: 'kind',
  order: kinds,
  fill: ({ kind }: Part) => wireColours[kind],
  stroke: 'var(--card, white)',
  strokeWidth: 0.5,
};

/** Says what each kind came to. */
function kindLegend(sent: WireBytes): LegendItem[] {
  return kinds
    .filter((kind) => sent[kind] > 0)
    .map((kind) => {
      const share = ((100 * sent[kind]) / total(sent)).toFixed(1);
      return { label: `${wireKinds[kind]} ${formatBytes(sent[kind])}, ${share} %`, colour: wireColours[kind] };
    });
}
