import { expect, test } from 'vitest';
import { Tally } from '../../../peer/progress/tally.ts';
import type { RoundOutput } from '../../../peer/replica/replica-host.ts';
import { encodeFrame } from '../../../protocols/updates/frame.ts';

const output = (fields: Partial<RoundOutput> = {}): RoundOutput => ({
  frame: null,
  samples: 100,
  localSteps: 4,
  residueShare: 0.5,
  pendingMs: 20,
  loss: 0.5,
  lookahead: '2 x pending',
  computeMs: 30,
  codecMs: 2,
  drifts: [],
  ...fields,
});

test('a tally adds up rounds and keeps the latest of what is a state', () => {
  const tally = new Tally();
  const frame = encodeFrame({
    from: 0,
    to: 1,
    samples: 100,
    publishedAtMs: 0,
    pendingMs: 0,
    partition: 0,
    partitions: 4,
    code: 1,
    magnitudes: [7],
    payload: new Uint8Array(321),
    fingerprint: null,
    signature: null,
  });
  tally.round(output({ frame: { sequence: 1, bytes: frame } }), 0);
  tally.round(output({ loss: 0.25, lookahead: '3 x pending' }), 100);
  expect(tally).toMatchObject({ rounds: 2, localSteps: 8, computeMs: 60, codecMs: 4 });
  expect(tally).toMatchObject({ publishedBytes: frame.length, publishedPayloadBytes: 321 });
  expect(tally).toMatchObject({ loss: 0.25, lookahead: '3 x pending' });
});

test('the rate of samples is that of late, whatever the length of a round', () => {
  const tally = new Tally();
  expect(tally.samplesPerSecond()).toBe(0);
  tally.round(output(), 1000);
  expect(tally.samplesPerSecond()).toBe(0);
  for (let n = 1; n <= 50; n++) tally.round(output(), 1000 + 10 * n);
  expect(tally.samplesPerSecond()).toBeCloseTo(10_000, 3);
  // Rounds twice as long, until the fast ones are forgotten.
  for (let n = 1; n <= 500; n++) tally.round(output(), 1500 + 20 * n);
  expect(tally.samplesPerSecond()).toBeCloseTo(5000, 3);
  for (let n = 1; n <= 3; n++) tally.round(output(), 11_500 + 20_000 * n);
  expect(tally.samplesPerSecond()).toBeCloseTo(5, 3);
});
