import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_COUNT } from '../../../protocols/tuples.ts';
import {
  MAX_BATCH_BYTES,
  MAX_BATCH_UPDATES,
  MAX_ENTRY_BYTES,
  MAX_FEED_ORIGINS,
  MAX_HEADER_BYTES,
  MAX_MAGNITUDE_BYTES,
  MAX_NAMES_ASKED,
  MAX_ORIGIN_NUMBERS,
  MAX_SCOPE_PEERS,
  MAX_SUBSCRIPTION_BYTES,
  MAX_UPDATE_ENVELOPE_BYTES,
  MAX_WINDOW_BYTES,
  maxFrameBytes,
  SIGNATURE_BYTES,
} from '../../../protocols/updates/constants.ts';
import { encodeFrame } from '../../../protocols/updates/frame.ts';
import {
  decodeReceiverMessage,
  decodeSourceMessage,
  encodeReceiverMessage,
  type ReceiverMessage,
  type SourceMessage,
} from '../../../protocols/updates/messages.ts';
import { RING } from '../../../protocols/updates/scope.ts';
import { denseFp32Code } from '../../../src/compression/dense-fp32.ts';
import { MAX_MAGNITUDE } from '../../../src/compression/magnitude.ts';
import { MAX_PARTITIONS } from '../../../src/manifest.ts';
import { layoutOf } from '../../../src/models/layout.ts';
import { counts, originKeys, peerNames, shortVectors } from '../../support/arbitrary-origins.ts';
import { failureOf } from '../../support/failures.ts';
import { sourceMessageBytes } from '../../support/update-messages.ts';

const longestName = 'a'.repeat(128);
const longestOrigin = `${longestName}/0123456789abcdef`;
const alias = (index: number) => (index + 1).toString(16).padStart(16, '0');

const receiverMessages: fc.Arbitrary<ReceiverMessage> = fc.oneof(
  fc.record({
    kind: fc.constant('subscribe' as const),
    scope: fc.oneof(
      fc.array(peerNames, { minLength: 1, maxLength: 20 }),
      fc.record({
        arc: fc.record({ from: fc.nat({ max: RING - 1 }), to: fc.nat({ max: RING - 1 }) }),
        but: fc.array(peerNames, { maxLength: 20 }),
      }),
    ),
    vector: shortVectors,
    windowBytes: fc.integer({ min: 1, max: MAX_WINDOW_BYTES }),
    salt: fc.nat({ max: 2 ** 32 - 1 }),
  }),
  fc.record({ kind: fc.constant('taken' as const), updates: fc.integer({ min: 1, max: MAX_WINDOW_BYTES }) }),
  fc.record({ kind: fc.constant('names' as const), origins: fc.array(originKeys, { maxLength: 20 }) }),
);

const sourceMessages: fc.Arbitrary<SourceMessage> = fc.oneof(
  fc.record({ kind: fc.constant('origin' as const), origin: originKeys }),
  fc.record({
    kind: fc.constant('updates' as const),
    updates: fc.array(
      fc.record({ origin: fc.nat({ max: MAX_ORIGIN_NUMBERS - 1 }), frame: fc.uint8Array({ maxLength: 300 }) }),
      { minLength: 1, maxLength: 20 },
    ),
  }),
  fc.record({
    kind: fc.constant('who' as const),
    numbers: fc.array(fc.nat({ max: MAX_FEED_ORIGINS - 1 }), { maxLength: 20 }),
  }),
  fc.record({ kind: fc.constant('level' as const) }),
  fc.record({ kind: fc.constant('too-far-behind' as const), origin: originKeys, floor: counts }),
);

describe('messages', () => {
  test('of a receiver are read as they were written', () => {
    fc.assert(
      fc.property(receiverMessages, (message) => {
        expect(decodeReceiverMessage(encodeReceiverMessage(message), MAX_SUBSCRIPTION_BYTES)).toEqual(message);
      }),
    );
  });

  test('of a source are read as they were written', () => {
    fc.assert(
      fc.property(sourceMessages, (message) => {
        expect(decodeSourceMessage(sourceMessageBytes(message), 10_000)).toEqual(message);
      }),
    );
  });

  test('of one side are refused by the other', async () => {
    await failureOf(
      () => decodeSourceMessage(encodeReceiverMessage({ kind: 'taken', updates: 1 }), 100),
      'MESSAGE_INVALID',
    );
    await failureOf(() => decodeReceiverMessage(sourceMessageBytes({ kind: 'level' }), 100), 'MESSAGE_INVALID');
  });
});

describe('bounds', () => {
  const widest = {
    kind: 'subscribe' as const,
    scope: Array.from({ length: MAX_SCOPE_PEERS }, () => longestName),
    // Differences that take as many bytes as any.
    vector: Array.from({ length: MAX_FEED_ORIGINS }, (_, i) => [alias(i), MAX_COUNT - MAX_FEED_ORIGINS + i] as const),
    windowBytes: MAX_WINDOW_BYTES,
    salt: 2 ** 32 - 1,
  };
  const decode = (message: ReceiverMessage) =>
    decodeReceiverMessage(encodeReceiverMessage(message), MAX_SUBSCRIPTION_BYTES);
  const refused = (message: ReceiverMessage) => failureOf(() => decode(message), 'MESSAGE_INVALID');

  test('MAX_SUBSCRIPTION_BYTES holds the widest subscription, and no message above it is read', async () => {
    expect(decode(widest)).toEqual(widest);
    await failureOf(
      () => decodeReceiverMessage(new Uint8Array(MAX_SUBSCRIPTION_BYTES + 1), MAX_SUBSCRIPTION_BYTES),
      'MESSAGE_INVALID',
    );
  });

  test('MAX_SCOPE_PEERS', async () => {
    const { failure } = await refused({ ...widest, vector: [], scope: [...widest.scope, 'a'] });
    expect(failure).toMatchObject({ message: 'subscription' });
    await refused({ ...widest, vector: [], scope: [] });
    await refused({ ...widest, vector: [], scope: { arc: { from: 0, to: 1 }, but: [...widest.scope, 'a'] } });
    await refused({ ...widest, vector: [], scope: { arc: { from: 0, to: RING }, but: [] } });
  });

  test('MAX_BATCH_UPDATES', async () => {
    const batch = (length: number) =>
      sourceMessageBytes({
        kind: 'updates',
        updates: Array.from({ length }, () => ({ origin: 200, frame: new Uint8Array(40) })),
      });
    const longest = batch(MAX_BATCH_UPDATES);
    expect(decodeSourceMessage(longest, MAX_BATCH_BYTES)).toMatchObject({ kind: 'updates' });
    await failureOf(() => decodeSourceMessage(batch(MAX_BATCH_UPDATES + 1), 2 * MAX_BATCH_BYTES), 'MESSAGE_INVALID');
    await failureOf(
      () => decodeSourceMessage(sourceMessageBytes({ kind: 'updates', updates: [] }), 100),
      'MESSAGE_INVALID',
    );
  });

  test('MAX_FEED_ORIGINS', async () => {
    const { failure } = await refused({ ...widest, scope: ['a'], vector: [...widest.vector, [alias(-1), MAX_COUNT]] });
    expect(failure).toMatchObject({ field: 'vector' });
  });

  test('MAX_NAMES_ASKED', async () => {
    const origins = Array.from({ length: MAX_NAMES_ASKED }, () => longestOrigin);
    expect(decode({ kind: 'names', origins })).toEqual({ kind: 'names', origins });
    await refused({ kind: 'names', origins: [...origins, longestOrigin] });
    const ask = (numbers: number[]) =>
      decodeSourceMessage(sourceMessageBytes({ kind: 'who', numbers }), MAX_BATCH_BYTES);
    const numbers = origins.map(() => MAX_FEED_ORIGINS - 1);
    expect(ask(numbers)).toEqual({ kind: 'who', numbers });
    await failureOf(() => ask([...numbers, 0]), 'MESSAGE_INVALID');
    await failureOf(() => ask([MAX_FEED_ORIGINS]), 'MESSAGE_INVALID');
  });

  test('MAX_ORIGIN_NUMBERS', async () => {
    const update = (origin: number) =>
      sourceMessageBytes({ kind: 'updates', updates: [{ origin, frame: new Uint8Array(1) }] });
    expect(decodeSourceMessage(update(MAX_ORIGIN_NUMBERS - 1), 100)).toMatchObject({
      updates: [{ origin: MAX_ORIGIN_NUMBERS - 1 }],
    });
    await failureOf(() => decodeSourceMessage(update(MAX_ORIGIN_NUMBERS), 100), 'MESSAGE_INVALID');
  });

  test('MAX_WINDOW_BYTES', async () => {
    const narrow = { ...widest, scope: ['a'], vector: [] };
    expect(decode(narrow)).toEqual(narrow);
    for (const windowBytes of [0, 0.5, MAX_WINDOW_BYTES + 1]) await refused({ ...narrow, windowBytes });
    for (const updates of [0, -1, MAX_WINDOW_BYTES + 1]) await refused({ kind: 'taken', updates });
  });

  test('MAX_BATCH_BYTES holds every message of a source but an update that is longer', () => {
    const longest: SourceMessage[] = [
      { kind: 'origin', origin: longestOrigin },
      { kind: 'level' },
      { kind: 'too-far-behind', origin: longestOrigin, floor: MAX_COUNT },
    ];
    for (const message of longest) {
      expect(decodeSourceMessage(sourceMessageBytes(message), MAX_BATCH_BYTES)).toEqual(message);
    }
  });

  test('MAX_UPDATE_ENVELOPE_BYTES holds what is around a frame', () => {
    for (const length of [0, 300, 70_000]) {
      const message: SourceMessage = {
        kind: 'updates',
        updates: [{ origin: MAX_ORIGIN_NUMBERS - 1, frame: new Uint8Array(length) }],
      };
      const bytes = sourceMessageBytes(message);
      expect(bytes.length).toBeLessThanOrEqual(length + MAX_UPDATE_ENVELOPE_BYTES);
      expect(decodeSourceMessage(bytes, length + MAX_UPDATE_ENVELOPE_BYTES)).toEqual(message);
    }
  });

  test('MAX_HEADER_BYTES, MAX_MAGNITUDE_BYTES and MAX_ENTRY_BYTES make up the longest frame', () => {
    const layout = layoutOf(Array.from({ length: 40 }, (_, i) => ({ name: `t${i}`, shape: [1000] })));
    const range = { low: 0, high: layout.size };
    const pending = new Float32Array(layout.size).fill(1);
    const { encoded } = denseFp32Code.encode(pending, null, { layout, range, unit: 2 ** -24 });
    expect(encoded.payload.length).toBe(MAX_ENTRY_BYTES * layout.size);
    const frame = {
      from: 0,
      to: MAX_COUNT,
      samples: MAX_COUNT,
      publishedAtMs: 2 ** 32 - 1,
      pendingMs: 1e15,
      partition: MAX_PARTITIONS - 1,
      partitions: MAX_PARTITIONS,
      code: 255,
      fingerprint: [2 ** 32 - 1, 2 ** 32 - 1] as const,
      signature: new Uint8Array(SIGNATURE_BYTES),
      payload: encoded.payload,
    };
    const length = (magnitudes: number[]) => encodeFrame({ ...frame, magnitudes }).length;
    const all = layout.tensors.map(() => MAX_MAGNITUDE);
    expect(length(all)).toBeLessThanOrEqual(maxFrameBytes(layout));
    expect(length([]) - encoded.payload.length).toBeLessThanOrEqual(MAX_HEADER_BYTES);
    // Two bytes more tell the length of a longer list.
    expect(length(all) - length([])).toBe(MAX_MAGNITUDE_BYTES * all.length + 2);
  });
});
