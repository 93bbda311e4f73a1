import { expect, test } from 'vitest';
import { VirtualMachine } from '../../../scenarios/simulated/virtual-machine.ts';
import { seededRandom } from '../../../src/support/random.ts';

const model = { stepMs: 10, evaluationMs: 100 };

test('takes a fixed time for each step where none is spread, and as much more as it is slower', () => {
  const machine = new VirtualMachine({ ...model, slowness: [1, 5] }, 3, seededRandom(1));
  expect([machine.stepsMs(4), machine.evaluationMs()]).toEqual([200, 500]);
  machine.slowness = 1;
  expect([machine.stepsMs(4), machine.evaluationMs()]).toEqual([40, 100]);
});

test('spreads steps around their mean as told, by its seed', () => {
  const times = (seed: number) => {
    const machine = new VirtualMachine({ ...model, spread: 0.5 }, 0, seededRandom(seed));
    return Array.from({ length: 20_000 }, () => machine.stepsMs(1));
  };
  const drawn = times(1);
  const mean = drawn.reduce((sum, ms) => sum + ms, 0) / drawn.length;
  const variance = drawn.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / drawn.length;
  expect(mean).toBeCloseTo(10, 0);
  expect(Math.sqrt(variance) / mean).toBeCloseTo(0.5, 1);
  expect(Math.min(...drawn)).toBeGreaterThan(0);
  expect(times(1)).toEqual(drawn);
  expect(times(2)).not.toEqual(drawn);
});
