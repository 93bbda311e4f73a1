import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nthLargest, Selector } from '../../../src/compression/selection.ts';
import { seededRandom } from '../../../src/support/random.ts';

const random = seededRandom('selection');

/** `size` values of a distribution with heavy tails, a share `zeros` of them exactly zero. */
function heavyTailed(size: number, zeros: number, seed: number): Float32Array {
  const draw = seededRandom(seed);
  return new Float32Array(size).map(() => (draw.uniform() < zeros ? 0 : draw.normal() ** 3));
}

function competitors(pending: Float32Array, low: number, high: number, mask: Uint8Array | null): number[] {
  const positions = Array.from({ length: high - low }, (_, i) => low + i);
  return positions.filter((i) => Math.abs(pending[i]!) > 0 && mask?.[i] !== 0);
}

describe('any selection', () => {
  const cases = fc.record({
    size: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 4000, max: 30_000 })),
    zeros: fc.constantFrom(0, 0.5, 0.99, 1),
    density: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.001, 0.01, 0.1, 1)),
    from: fc.double({ min: 0, max: 0.5, noNaN: true }),
    masked: fc.boolean(),
    levels: fc.constantFrom(0, 1, 3),
    seed: fc.nat(),
  });

  test('is ascending, inside, large enough and holds the largest', () => {
    fc.assert(
      fc.property(cases, ({ size, zeros, density, from, masked, levels, seed }) => {
        const pending = heavyTailed(size, zeros, seed);
        // A few levels make ties, at the threshold above all.
        if (levels > 0)
          pending.forEach((x, i) => (pending[i] = Math.sign(x) * Math.min(levels, Math.ceil(Math.abs(x)))));
        const mask = masked ? new Uint8Array(size).map((_, i) => (i % 3 === 0 ? 1 : 0)) : null;
        const range = { low: Math.floor(from * size), high: size };
        const wanted = Math.round(density * (range.high - range.low));
        const selected = new Selector(size).select(pending, range, wanted, random.fork(seed), mask);

        const competing = competitors(pending, range.low, range.high, mask);
        const allowed = new Set(competing);
        for (let i = 0; i < selected.length; i++) {
          expect(allowed.has(selected[i]!)).toBe(true);
          if (i > 0) expect(selected[i]!).toBeGreaterThan(selected[i - 1]!);
        }
        expect(selected.length).toBeLessThanOrEqual(wanted);
        if (competing.length <= wanted) expect(selected.length).toBe(competing.length);
        else expect(selected.length).toBeGreaterThanOrEqual(0.8 * wanted);

        // None selected is smaller than one left out: so its energy is that of an exact choice of as many.
        const exact = competing.map((i) => Math.abs(pending[i]!)).sort((a, b) => b - a);
        const chosen = [...selected].map((i) => Math.abs(pending[i]!)).sort((a, b) => b - a);
        expect(chosen).toEqual(exact.slice(0, chosen.length));
      }),
      { numRuns: 300 },
    );
  });
});

test('a sampled threshold keeps the energy of an exact choice of 0.8 times as many', () => {
  const size = 266_610;
  const pending = heavyTailed(size, 0.2, 5);
  const squares = pending.map((x) => x * x).sort();
  const selector = new Selector(size);
  for (const density of [0.001, 0.01, 0.04, 0.25]) {
    const wanted = Math.round(density * size);
    for (let round = 0; round < 20; round++) {
      const selected = selector.select(pending, { low: 0, high: size }, wanted, random, null);
      const kept = selected.reduce((sum, i) => sum + pending[i]! ** 2, 0);
      const least = squares.subarray(size - Math.ceil(0.8 * wanted)).reduce((sum, x) => sum + x, 0);
      // Squares are rounded to float32 above.
      expect(kept).toBeGreaterThan(least * (1 - 1e-6));
      expect(selected.length).toBeGreaterThanOrEqual(0.8 * wanted);
      expect(selected.length).toBeLessThanOrEqual(wanted);
    }
  }
});

test('values that a strided sample misses are found nevertheless', () => {
  const size = 50_000;
  const pending = new Float32Array(size);
  // A block that few samples fall into.
  for (let i = 40_000; i < 40_012; i++) pending[i] = -1;
  const selected = new Selector(size).select(pending, { low: 0, high: size }, 500, random, null);
  expect([...selected]).toEqual(Array.from({ length: 12 }, (_, i) => 40_000 + i));
});

test('as many as compete are all taken, whatever the sample says', () => {
  const size = 20_000;
  const draw = seededRandom('all');
  const pending = new Float32Array(size);
  for (let i = 0; i < 1000; i++) pending[draw.below(size)] = draw.normal();
  const competing = competitors(pending, 0, size, null);
  const selector = new Selector(size);
  for (let round = 0; round < 100; round++) {
    const selected = selector.select(pending, { low: 0, high: size }, competing.length, draw, null);
    expect([...selected]).toEqual(competing);
  }
});

test('zeros, NaN and masked entries are never selected', () => {
  const pending = Float32Array.of(0, -0, Number.NaN, 3, -2, 1);
  const selector = new Selector(6);
  const all = { low: 0, high: 6 };
  expect([...selector.select(pending, all, 6, random, null)]).toEqual([3, 4, 5]);
  expect([...selector.select(pending, all, 2, random, null)]).toEqual([3, 4]);
  expect([...selector.select(pending, all, 2, random, Uint8Array.of(1, 1, 1, 0, 1, 1))]).toEqual([4, 5]);
  expect([...selector.select(pending, all, 0, random, null)]).toEqual([]);
});

test('ties at the threshold are capped', () => {
  const size = 20_000;
  const pending = new Float32Array(size).fill(0.5);
  const selected = new Selector(size).select(pending, { low: 0, high: size }, 200, random, null);
  expect(selected.length).toBe(200);
});

test('equal randomness selects equally', () => {
  const pending = heavyTailed(60_000, 0, 9);
  const select = () => [...new Selector(60_000).select(pending, { low: 5, high: 60_000 }, 600, seededRandom(1), null)];
  expect(select()).toEqual(select());
});

test('a range longer than the selector is a defect of the caller', () => {
  expect(() => new Selector(3).select(new Float32Array(4), { low: 0, high: 4 }, 1, random, null)).toThrow(RangeError);
});

test('quickselect agrees with sorting', () => {
  const values = fc.array(fc.oneof(fc.float({ noNaN: true, min: 0 }), fc.constantFrom(0, 1)), { minLength: 1 });
  fc.assert(
    fc.property(values, fc.nat(), (list, seed) => {
      const sorted = Float32Array.from(list).sort().reverse();
      const rank = 1 + (seed % list.length);
      expect(nthLargest(Float32Array.from(list), list.length, rank)).toBe(sorted[rank - 1]);
    }),
  );
});
