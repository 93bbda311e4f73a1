import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  distance,
  isOnArc,
  overlap,
  placeOf,
  RING,
  type Scope,
  sameScope,
  scopeTest,
} from '../../../protocols/updates/scope.ts';

const names = fc.stringMatching(/^[a-z0-9]{1,6}$/);
const places = fc.nat({ max: RING - 1 });
const scopes: fc.Arbitrary<Scope> = fc.oneof(
  fc.array(names, { maxLength: 6 }),
  fc.record({ arc: fc.record({ from: places, to: places }), but: fc.array(names, { maxLength: 6 }) }),
);

describe('the ring', () => {
  test('spreads names that are much alike', () => {
    const quarters = [0, 0, 0, 0];
    for (let n = 0; n < 1000; n++) quarters[Math.floor((4 * placeOf(`peer-${n}`)) / RING)]!++;
    for (const quarter of quarters) expect(Math.abs(quarter - 250)).toBeLessThan(60);
  });

  test('has an arc from each place to each, up and around', () => {
    expect(isOnArc({ from: RING - 2, to: 3 }, 2)).toBe(true);
    expect(isOnArc({ from: RING - 2, to: 3 }, 3)).toBe(false);
    expect(isOnArc({ from: 7, to: 7 }, 6)).toBe(true);
    fc.assert(
      fc.property(places, places, places, (from, to, place) => {
        const parted = isOnArc({ from, to }, place) !== isOnArc({ from: to, to: from }, place);
        expect(parted || from === to).toBe(true);
        expect((from + distance(from, to)) % RING).toBe(to);
      }),
    );
  });
});

describe('scopes', () => {
  test('that hold one peer both overlap, either way', () => {
    fc.assert(
      fc.property(scopes, scopes, fc.array(names, { minLength: 1 }), (one, other, peers) => {
        const [inOne, inOther] = [scopeTest(one, 'self'), scopeTest(other, 'self')];
        if (peers.some((peer) => inOne(peer) && inOther(peer))) expect(overlap(one, other, 'self')).toBe(true);
        expect(overlap(one, other, 'self')).toBe(overlap(other, one, 'self'));
      }),
    );
  });

  test('by arc leave out whom they name, and the receiver, which may still be named', () => {
    const all = { from: 5, to: 5 };
    const holds = scopeTest({ arc: all, but: ['b'] }, 'self');
    expect(['a', 'b', 'self'].map(holds)).toEqual([true, false, false]);
    expect(scopeTest(['self'], 'self')('self')).toBe(true);
    expect(overlap({ arc: all, but: ['b'] }, ['b'], 'self')).toBe(false);
    expect(overlap({ arc: all, but: ['b'] }, ['a', 'b'], 'self')).toBe(true);
  });

  test('are the same where they say the same', () => {
    fc.assert(
      fc.property(scopes, scopes, (one, other) => {
        expect(sameScope(one, structuredClone(one))).toBe(true);
        expect(sameScope(one, other)).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });
});
