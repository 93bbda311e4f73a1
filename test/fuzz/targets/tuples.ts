import assert from 'node:assert/strict';
import { packTuple, unpackTuple } from '../../../protocols/flat-tuple.ts';
import type { FuzzTarget } from '../fuzz.ts';
import { edge, hostileTuple } from '../mutations.ts';

const MAX_TOKENS = 200;
const MAX_DEPTH = 3;
const sample = [
  1,
  -7,
  'text',
  null,
  1.5,
  2 ** 40,
  new Uint8Array(40),
  [
    [1, 'a'],
    [2, []],
  ],
  'x'.repeat(300),
];

/** The walk over msgpack before msgpackr may build anything: it gives null, and throws nothing at all. */
export const tuples: FuzzTarget = {
  name: 'tuple',
  perMille: 100,
  codes: [],
  attempt(random) {
    const bytes = hostileTuple(random, [sample, [edge(random)], [[], [[]]]]);
    const value = unpackTuple(bytes, MAX_TOKENS);
    if (value === null) return;
    assert.ok(tokensOf(value, 1) <= MAX_TOKENS);
    // As bytes, for -0 is written as 0.
    const packed = packTuple(value);
    assert.equal(Buffer.compare(packTuple(unpackTuple(packed, MAX_TOKENS)!), packed), 0);
  },
};

function tokensOf(value: unknown, depth: number): number {
  if (!Array.isArray(value)) {
    assert.ok(value === null || ['number', 'string'].includes(typeof value) || value instanceof Uint8Array);
    return 1;
  }
  assert.ok(depth <= MAX_DEPTH || value.length === 0);
  return value.reduce<number>((sum, part) => sum + tokensOf(part, depth + 1), 1);
}
