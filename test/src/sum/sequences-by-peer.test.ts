import { expect, test } from 'vitest';
import { sequencesByPeer } from '../../../src/sum/sequences-by-peer.ts';

test('sequences are summed over the incarnations of a peer', () => {
  const vector = [
    ['a/0000000000000001', 3],
    ['b/0000000000000001', 4],
    ['a/0000000000000002', 5],
  ] as const;
  expect(sequencesByPeer(vector)).toEqual({ a: 8, b: 4 });
});
