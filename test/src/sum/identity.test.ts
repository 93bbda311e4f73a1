import { expect, test } from 'vitest';
import { Identity } from '../../../src/sum/identity.ts';

test('an identity knows its former origins, and no origin of others', () => {
  let drawn = 0n;
  const identity = new Identity('a', () => ++drawn);
  const first = identity.origin;
  expect(first).toBe('a/0000000000000001');
  expect(identity.isFormer(first)).toBe(false);
  const next = identity.drawOrigin();
  expect(identity.origin).toBe(first);
  identity.become(next);
  expect([identity.origin, identity.isFormer(first), identity.isFormer(next)]).toEqual([next, true, false]);
  expect([identity.isFormer('b/0000000000000001'), identity.isFormer('a/0000000000000009')]).toEqual([false, true]);
});
