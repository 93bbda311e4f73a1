import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BitReader, BitWriter } from '../../../src/compression/bits.ts';
import {
  bestRiceParameter,
  MAX_RICE_PARAMETER,
  readRice,
  riceBits,
  riceParameter,
  writeRice,
} from '../../../src/compression/rice.ts';

test('the parameter follows the density', () => {
  expect([0.1, 0.05, 0.01, 0.001, 0.0001].map(riceParameter)).toEqual([3, 4, 6, 9, 13]);
  expect([0, 0.6, 1].map(riceParameter)).toEqual([0, 0, 0]);
  expect(riceParameter(1e-12)).toBe(MAX_RICE_PARAMETER);
});

test('the best parameter is the best of all', () => {
  const gaps = fc.array(fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 100_000 })), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(gaps, fc.double({ min: 1e-6, max: 1, noNaN: true }), (list, density) => {
      const array = Uint32Array.from(list);
      const all = Array.from({ length: MAX_RICE_PARAMETER + 1 }, (_, parameter) => riceBits(array, parameter));
      expect(riceBits(array, bestRiceParameter(array, density))).toBe(Math.min(...all));
    }),
  );
});

test('gaps are read as written, in the bits foretold', () => {
  const cases = fc.integer({ min: 0, max: MAX_RICE_PARAMETER }).chain((parameter) =>
    fc.tuple(
      fc.constant(parameter),
      fc.array(
        fc.nat({ max: 2 ** 32 - 1 }).map((gap) => gap % (2 ** parameter * 100)),
        { maxLength: 50 },
      ),
    ),
  );
  fc.assert(
    fc.property(cases, ([parameter, gaps]) => {
      const writer = new BitWriter(0);
      for (const gap of gaps) writeRice(writer, gap, parameter);
      const bytes = writer.finish();
      expect(bytes.length).toBe(Math.ceil(riceBits(Uint32Array.from(gaps), parameter) / 8));
      const reader = new BitReader(bytes);
      for (const gap of gaps) expect(readRice(reader, parameter, gap)).toBe(gap);
    }),
  );
});

test('a gap beyond its bound is refused', () => {
  const writer = new BitWriter(0);
  writeRice(writer, 77, 3);
  const bytes = writer.finish();
  expect(() => readRice(new BitReader(bytes), 3, 76)).toThrow(/outside its range/);
});
