import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_REMEMBERED, RateLimit } from '../../../src/support/rate-limit.ts';

test('never more than a burst and the rate since then, and never less where it is asked more seldom', () => {
  const rates = fc.record({ perSecond: fc.integer({ min: 1, max: 100 }), burst: fc.integer({ min: 1, max: 50 }) });
  fc.assert(
    fc.property(rates, fc.array(fc.integer({ min: 0, max: 2000 }), { maxLength: 200 }), (rate, waits) => {
      const limit = new RateLimit(rate);
      let [nowMs, allowed] = [1e6, 0];
      for (const wait of waits) {
        nowMs += wait;
        const allows = limit.allows('a', nowMs);
        if (allows) allowed++;
        if (wait >= 1001 / rate.perSecond) expect(allows).toBe(true);
      }
      expect(allowed).toBeLessThanOrEqual(rate.burst + ((nowMs - 1e6) * rate.perSecond) / 1000);
    }),
  );
});

test('one takes nothing from another', () => {
  const limit = new RateLimit({ perSecond: 1, burst: 2 });
  expect([1, 2, 3].map(() => limit.allows('a', 0))).toEqual([true, true, false]);
  expect(limit.allows('b', 0)).toBe(true);
  expect(limit.allows('a', 1000)).toBe(true);
  expect(limit.allows('a', 1000)).toBe(false);
});

test('a clock that is set back grants nothing', () => {
  const limit = new RateLimit({ perSecond: 1, burst: 1 });
  expect([5000, 0, 1000].map((nowMs) => limit.allows('a', nowMs))).toEqual([true, false, true]);
});

test('remembers so many and no more: the one unused for longest starts afresh', () => {
  const limit = new RateLimit({ perSecond: 1, burst: 1 });
  limit.allows('first', 0);
  limit.allows('second', 0);
  expect(limit.allows('first', 0)).toBe(false);
  for (let n = 0; n < MAX_REMEMBERED - 1; n++) limit.allows(`other ${n}`, 0);
  expect(limit.allows('first', 0)).toBe(false);
  expect(limit.allows('second', 0)).toBe(true);
});
