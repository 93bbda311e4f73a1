import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/support/random.ts';

test('a seed gives these bits, on every platform and Node version', () => {
  const random = seededRandom(1);
  expect([random.below(1000), random.below(1000), random.bits64().toString(16)]).toMatchInlineSnapshot(`
    [
      890,
      88,
      "45ed4279bd77c81",
    ]
  `);
  expect(random.fork('shard').bits64().toString(16)).toMatchInlineSnapshot(`"fb6a970c60a6bf8"`);
});

test('a fork depends on the seed and the names alone, not on what was drawn before', () => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.string(), { maxLength: 3 }), fc.nat({ max: 50 }), (seed, names, draws) => {
      const drawn = seededRandom(seed);
      for (let n = 0; n < draws; n++) drawn.uniform();
      const fork = (root: ReturnType<typeof seededRandom>) => names.reduce((stream, name) => stream.fork(name), root);
      if (names.length > 0) expect(fork(drawn).bits64()).toBe(fork(seededRandom(seed)).bits64());
    }),
  );
});

test('streams of different names, seeds and depths differ', () => {
  const roots = [seededRandom(1), seededRandom(2), seededRandom('x')];
  const streams = roots.flatMap((root) => [root, root.fork('a'), root.fork('b'), root.fork('a').fork('b')]);
  expect(new Set(streams.map((stream) => stream.bits64())).size).toBe(streams.length);
});

test('uniform numbers lie in [0, 1) around one half, normal ones around zero with deviation one', () => {
  const random = seededRandom(7);
  const uniform = Array.from({ length: 20_000 }, () => random.uniform());
  const normal = Array.from({ length: 20_000 }, () => random.normal());
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(uniform.every((value) => value >= 0 && value < 1)).toBe(true);
  expect(mean(uniform)).toBeCloseTo(0.5, 1);
  expect(normal.every(Number.isFinite)).toBe(true);
  expect(mean(normal)).toBeCloseTo(0, 1);
  expect(mean(normal.map((value) => value ** 2))).toBeCloseTo(1, 1);
});

test('integers lie below their bound and reach every value', () => {
  const random = seededRandom(8);
  const counts = new Uint32Array(7);
  for (let n = 0; n < 7000; n++) counts[random.below(7)]!++;
  for (const count of counts) expect(count).toBeGreaterThan(800);
  expect(random.below(1)).toBe(0);
});

test('a shuffle keeps every item, in place, and reaches every order', () => {
  const random = seededRandom(9);
  const seen = new Map<string, number>();
  for (let n = 0; n < 2400; n++) {
    const items = [1, 2, 3, 4];
    expect(random.shuffle(items)).toBe(items);
    seen.set(items.join(''), (seen.get(items.join('')) ?? 0) + 1);
  }
  expect(seen.size).toBe(24);
  for (const count of seen.values()) expect(count).toBeGreaterThan(50);
});
