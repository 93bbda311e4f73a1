import { expect, test } from 'vitest';
import { accuracy, axisLabel, bytes, runTime, samples, unitFor } from '../../../scenarios/report/quantity.ts';

test.each([
  [runTime, 40, 'time since the start of the run (s)'],
  [runTime, 100, 'time since the start of the run (min)'],
  [runTime, 7200, 'time since the start of the run (h)'],
  [bytes('bytes sent'), 1400, 'bytes sent (B)'],
  [bytes('bytes sent'), 897_000, 'bytes sent (kB)'],
  [bytes('bytes sent'), 1.2e10, 'bytes sent (GB)'],
  [samples, 900, 'samples that the swarm has trained on'],
  [samples, 70_000, 'samples that the swarm has trained on (thousands)'],
])('an axis names the unit that suits its largest value: %#', (quantity, largest, label) => {
  expect(axisLabel(quantity, largest)).toBe(label);
});

test('what is below the finest unit is counted in it', () => {
  expect(unitFor(bytes('none'), 0)).toEqual([1, 'B']);
  expect(unitFor(accuracy, 0.5)).toEqual([0.01, '%']);
});
