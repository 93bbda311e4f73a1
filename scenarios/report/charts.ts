import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { formatBytes } from '../format.ts';

export interface ChartPoint {
  readonly x: number;
  readonly y: number;
  /** The line it belongs to. */
  readonly peer: string;
}

export interface Chart {
  readonly title: string;
  /** Said to who cannot see the chart. */
  readonly description: string;
  readonly x: 'seconds' | 'bytes';
  readonly y: 'share' | 'bytes';
  readonly points: readonly ChartPoint[];
  /** A level to reach, drawn across. */
  readonly target: number | null;
  /** A moment to mark, in the units of x. */
  readonly reachedAt: number | null;
}

const WIDTH = 880;
const HEIGHT = 320;
/** Distinct on light and dark ground; more peers than colours take hues around the wheel. */
const palette = ['#4269d0', '#efb118', '#ff725c', '#6cc5b0', '#a463f2', '#3ca951', '#ff8ab7', '#9c6b4e'];

/** One colour a peer, the same in every chart and in the legend. */
export function peerColours(count: number): readonly string[] {
  if (count <= palette.length) return palette.slice(0, count);
  return Array.from({ length: count }, (_, index) => `hsl(${Math.round((index * 360) / count)} 65% 55%)`);
}

/** The chart as SVG text, with one line a peer. */
export function renderChart(chart: Chart, peers: readonly string[]): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const line = { x: 'x', y: 'y', z: 'peer', stroke: 'peer', strokeWidth: 1.6 };
  const few = chart.points.length <= 60 * peers.length;
  const svg = Plot.plot({
    document: document as never,
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 64,
    marginRight: 24,
    marginBottom: 40,
    className: 'chart',
    ariaLabel: chart.title,
    ariaDescription: chart.description,
    x: { ...axis(chart.x), domain: [0, largest(chart.points.map(({ x }) => x))], nice: true },
    y: { ...axis(chart.y), domain: yDomain(chart), grid: true, nice: true },
    color: { type: 'categorical', domain: [...peers], range: [...peerColours(peers.length)] },
    marks: [
      ...guides(chart),
      Plot.lineY(chart.points, line),
      few ? Plot.dot(chart.points, { x: 'x', y: 'y', fill: 'peer', r: 2 }) : null,
    ],
  });
  return svg.outerHTML;
}

/** The target across, and the moment when it was reached down. */
function guides({ target, reachedAt }: Chart): Plot.Markish[] {
  const marks: Plot.Markish[] = [];
  if (reachedAt !== null) {
    const place = { x: [reachedAt], frameAnchor: 'bottom', textAnchor: 'start', dx: 6, dy: -8 } as const;
    marks.push(Plot.ruleX([reachedAt], { strokeOpacity: 0.35 }), Plot.text(['target reached'], place));
  }
  if (target !== null) {
    const place = { y: [target], frameAnchor: 'left', textAnchor: 'start', dx: 6, dy: -8 } as const;
    const text = `target ${Number((target * 100).toFixed(2))} %`;
    marks.push(Plot.ruleY([target], { strokeDasharray: '5 4', strokeOpacity: 0.8 }), Plot.text([text], place));
  }
  return marks;
}

function axis(unit: Chart['x'] | Chart['y']) {
  switch (unit) {
    case 'seconds':
      return {
        label: 'time since the start of the run',
        tickFormat: (x: number) => `${x.toLocaleString('en-US')} s`,
      };
    case 'bytes':
      return { label: 'bytes sent by the peer', tickFormat: (x: number) => formatBytes(x) };
    case 'share':
      return { label: 'accuracy', tickFormat: (y: number) => `${Number((y * 100).toFixed(2))} %` };
  }
}

/** Bytes count from nothing; accuracy is read near the target, so its axis begins where the run did. */
function yDomain(chart: Chart): [number, number] {
  const values = chart.points.map(({ y }) => y);
  if (chart.y === 'bytes') return [0, largest(values)];
  const top = Math.max(chart.target ?? 0, largest(values));
  const lowest = values.reduce((least, value) => Math.min(least, value), top);
  return [Math.max(0, lowest - 0.01), Math.min(1, top + 0.01)];
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0) || 1;
}
