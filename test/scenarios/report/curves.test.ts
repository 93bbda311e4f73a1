import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { type Curve, curvesFigure } from '../../../scenarios/report/curves.ts';
import { narrow, renderFigure } from '../../../scenarios/report/figure.ts';
import { bytes, runTime } from '../../../scenarios/report/quantity.ts';

const curve = (label: string, ends: number, length = 10): Curve => ({
  label,
  colour: '#123456',
  dash: 'dashed',
  strong: false,
  points: Array.from({ length }, (_, x) => ({ x, y: (ends * x) / (length - 1) })),
});

function drawn(curves: Curve[]) {
  const y = bytes('memory');
  const figure = curvesFigure({ title: 't', description: 'd', legend: [], x: runTime, y, curves, yFrom: 0 });
  return parseHTML(`<html><body>${renderFigure(figure, narrow)}</body></html>`).document;
}

/** Of the labels beside the curves: text, and pixels from the top. */
function labels(document: ReturnType<typeof drawn>): [string, number][] {
  const shift = (element: { getAttribute(name: string): string | null }) =>
    Number(/,([-\d.]+)\)/.exec(element.getAttribute('transform')!)![1]);
  const groups = [...document.querySelectorAll('g[aria-label="text"]')];
  return groups.map((group) => [group.textContent!, shift(group) + shift(group.querySelector('text')!)]);
}

test('names stand beside their curves, in their order, and clear of one another', () => {
  const places = labels(drawn([curve('low', 10), curve('high', 100), curve('also low', 10.5), curve('low too', 9.5)]));
  expect(places.map(([label]) => label)).toEqual(['high', 'also low', 'low', 'low too']);
  for (let next = 1; next < places.length; next++) {
    expect(places[next]![1] - places[next - 1]![1]).toBeGreaterThanOrEqual(12.9);
  }
});

test('too many names are left to the legend', () => {
  const many = Array.from({ length: 9 }, (_, index) => curve(`peer ${index}`, 10 * index));
  expect(labels(drawn(many))).toEqual([]);
  expect(drawn(many).querySelectorAll('g[aria-label="line"]')).toHaveLength(9);
});

test('a long curve is thinned to what a screen shows, its last point kept', () => {
  const path = drawn([curve('long', 100, 10_000)])
    .querySelector('g[aria-label="line"] path')!
    .getAttribute('d')!;
  expect(path.split('L').length).toBeLessThanOrEqual(402);
  expect(path).toMatch(/L288,/);
});

test('without a point there is no figure', () => {
  const y = bytes('memory');
  const figure = curvesFigure({ title: 't', description: 'd', legend: [], x: runTime, y, curves: [], yFrom: 0 });
  expect(renderFigure(figure, narrow)).toBeNull();
});
