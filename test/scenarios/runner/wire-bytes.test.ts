import { expect, test } from 'vitest';
import { addWireBytes, wireBytes, wireKinds } from '../../../scenarios/runner/wire-bytes.ts';

const footprint = {
  sentByKind: { updates: 1000, credit: 1, replica: 2, status: 3, hello: 4, upkeep: 5, transport: 6 },
  publishedBytes: 400,
  publishedPayloadBytes: 300,
  logBytes: 0,
  connections: 0,
  feeds: 0,
  memory: null,
};

test('updates are told apart into entries and heads by their shares in what was published', () => {
  const others = { credit: 1, replica: 2, status: 3, hello: 4, upkeep: 5, transport: 6 };
  expect(wireBytes(footprint)).toEqual({ entries: 750, heads: 250, ...others });
  const silent = { ...footprint, publishedBytes: 0, publishedPayloadBytes: 0 };
  expect(wireBytes(silent)).toEqual({ entries: 0, heads: 1000, ...others });
});

test('the kinds of several peers add up, of none to nothing', () => {
  expect(addWireBytes([wireBytes(footprint), wireBytes(footprint)])).toMatchObject({ entries: 1500, transport: 12 });
  expect(addWireBytes([])).toEqual(Object.fromEntries(Object.keys(wireKinds).map((kind) => [kind, 0])));
});
