import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { axisLabel, type Quantity, unitFor } from './quantity.ts';

export type Dash = 'solid' | 'dashed' | 'dotted';
/** Lengths of strokes and gaps in pixels. */
export const dashes: Readonly<Record<Dash, string>> = { solid: '', dashed: '6 3', dotted: '1.5 3' };

export interface LegendItem {
  readonly label: string;
  readonly colour: string;
  /** A stroke of this kind; left out, an area. */
  readonly dash?: Dash;
}

/** Everything that tells one plot from another. Values are in the base units of their quantities. */
export interface Figure {
  readonly title: string;
  /** Said to who cannot see it. */
  readonly description: string;
  readonly legend: readonly LegendItem[];
  readonly x: Quantity;
  readonly xDomain: readonly [number, number];
  /** Null where the rows have names: one name a row. */
  readonly y: Quantity | null;
  readonly yDomain: readonly [number, number] | readonly string[];
  /** Room at the right for labels beside the last values. */
  readonly labelled: boolean;
  /** What is drawn, by the frame that it is drawn in. Empty: nothing was measured. */
  readonly marks: (frame: Frame) => Plot.Markish[];
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The two in which a page carries every figure: for a screen or paper, and for a phone. */
export const wide: Size = { width: 880, height: 340 };
export const narrow: Size = { width: 360, height: 300 };

/** Where things stand in one drawing. */
export interface Frame {
  /** A value in units of its axis. */
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  /** Pixels from the top. */
  readonly top: (value: number) => number;
}

/** Of a bar and the gap beside it. */
const ROW_HEIGHT = 44;

const MARGIN = { top: 26, bottom: 40, left: 58 };
/** Free on the right: room for a label, or for half of the last number on the axis. */
const LABEL_ROOM = 72;
const END_ROOM = 22;
/** Pixels that a number on the axis wants for itself. */
const TICK_SPACING = { x: 74, y: 44 };

/** A figure as SVG text; null where nothing was measured. */
export function renderFigure(figure: Figure, size: Size): string | null {
  const rows = figure.y === null;
  const { width } = size;
  const height = rows ? MARGIN.top + MARGIN.bottom + ROW_HEIGHT * figure.yDomain.length : size.height;
  const [xUnit] = unitFor(figure.x, figure.xDomain[1]);
  const yTop = rows ? 1 : (figure.yDomain[1] as number);
  const [yUnit] = figure.y === null ? [1] : unitFor(figure.y, yTop);
  const y = rows
    ? { type: 'band' as const, domain: figure.yDomain as readonly string[], label: null, padding: 0.25 }
    : {
        type: 'linear' as const,
        domain: (figure.yDomain as readonly [number, number]).map((value) => value / yUnit),
        label: axisLabel(figure.y!, yTop),
        labelArrow: 'none' as const,
        grid: true,
        nice: true,
        tickSpacing: TICK_SPACING.y,
      };
  const scale = rows ? null : Plot.scale({ y: { ...y, range: [height - MARGIN.bottom, MARGIN.top] } as never });
  const marks = figure.marks({
    x: (value) => value / xUnit,
    y: (value) => value / yUnit,
    top: (value) => scale?.apply(value / yUnit) ?? 0,
  });
  if (marks.length === 0) return null;
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({
    document: document as never,
    width,
    height,
    marginTop: MARGIN.top,
    marginBottom: MARGIN.bottom,
    marginLeft: MARGIN.left,
    marginRight: figure.labelled ? LABEL_ROOM : END_ROOM,
    className: 'chart',
    ariaLabel: figure.title,
    ariaDescription: figure.description,
    x: {
      type: 'linear',
      domain: figure.xDomain.map((value) => value / xUnit),
      label: axisLabel(figure.x, figure.xDomain[1]),
      labelArrow: 'none',
      labelAnchor: 'center',
      grid: rows,
      nice: !figure.labelled,
      tickSpacing: TICK_SPACING.x,
    },
    y: y as never,
    marks,
  });
  return svg.outerHTML;
}
