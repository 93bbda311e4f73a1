import fc from 'fast-check';
import { expect, test } from 'vitest';
import { originKey, parseOriginKey } from '../../../src/sum/origin.ts';
import { MAX_TOTAL, VersionVector } from '../../../src/sum/version-vector.ts';

test('standing tells next, covered, gap and straddling apart', () => {
  const vector = new VersionVector([['o', 5]]);
  expect(vector.standing('o', 5, 6)).toBe('next');
  expect(vector.standing('o', 3, 5)).toBe('covered');
  expect(vector.standing('o', 6, 7)).toBe('gap');
  expect(vector.standing('o', 4, 6)).toBe('straddles');
  expect(vector.standing('other', 0, 1)).toBe('next');
});

test('covering is a partial order, and equality is covering both ways', () => {
  const vector = fc
    .array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 1, max: 4 })))
    .map((entries) => new VersionVector(entries));
  fc.assert(
    fc.property(vector, vector, (a, b) => {
      expect(a.equals(b)).toBe(JSON.stringify([...a.entries()].sort()) === JSON.stringify([...b.entries()].sort()));
      expect(a.equals(new VersionVector(a.entries()))).toBe(true);
      const join = new VersionVector(a.entries());
      for (const [origin, sequence] of b.entries()) if (join.get(origin) < sequence) join.advance(origin, sequence);
      expect(join.covers(a) && join.covers(b)).toBe(true);
    }),
  );
});

test('an origin survives its key', () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-zA-Z0-9]{1,60}$/),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      (peer, incarnation) => {
        expect(parseOriginKey(originKey({ peer, incarnation }))).toEqual({ peer, incarnation });
      },
    ),
  );
});

test('a vector takes over another’s entries, and counts their updates', () => {
  const vector = new VersionVector([
    ['a', 5],
    ['b', 7],
  ]);
  expect(vector.total()).toBe(12);
  vector.replace(new VersionVector([['c', 3]]).entries());
  expect([[...vector.entries()], vector.get('a'), vector.total()]).toEqual([[['c', 3]], 0, 3]);
});

test('no total is beyond what can be told, whatever an origin claims', () => {
  const vector = new VersionVector([['rogue', MAX_TOTAL]]);
  vector.advance('honest', 3);
  expect(vector.total()).toBe(MAX_TOTAL);
});
