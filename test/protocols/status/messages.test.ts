import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  STATUS_MAX_ADDRESSES,
  STATUS_MAX_BYTES,
  STATUS_MAX_ORIGINS,
  statusTopic,
} from '../../../protocols/status/constants.ts';
import { decodeStatus, encodeStatus, peerStates, type Status } from '../../../protocols/status/messages.ts';
import { MAX_COUNT } from '../../../protocols/tuples.ts';
import { peerOf } from '../../../src/sum/origin.ts';
import { originKeys } from '../../support/arbitrary-origins.ts';
import { failureOf } from '../../support/failures.ts';
import { statusOf } from '../../support/status.ts';

const counts = fc.maxSafeNat().map((count) => count % (MAX_COUNT + 1));
const statuses: fc.Arbitrary<Status> = originKeys.chain((origin) =>
  fc.record({
    origin: fc.constant(origin),
    state: fc.constantFrom(...peerStates),
    samples: counts,
    published: counts,
    confirmedAtSamples: fc.option(fc.nat(), { nil: null }),
    addresses: fc.array(
      fc.string({ maxLength: 60 }).map((place) => place + peerOf(origin)),
      { maxLength: STATUS_MAX_ADDRESSES },
    ),
    applied: fc.option(fc.record({ updates: counts, digest: fc.stringMatching(/^[0-9a-f]{32}$/) }), { nil: null }),
    vector: fc.option(fc.array(fc.tuple(originKeys, counts), { maxLength: 20 }), { nil: null }),
  }),
);

describe('a status', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(statuses, (status) => {
        expect(decodeStatus(encodeStatus(status), peerOf(status.origin))).toEqual(status);
      }),
    );
  });

  const refused = (fields: Partial<Record<keyof Status, unknown>>) =>
    failureOf(() => decodeStatus(encodeStatus({ ...statusOf('a'), ...fields } as Status), 'a'), 'MESSAGE_INVALID');

  test('is refused with a field out of its bounds', async () => {
    for (const digits of ['', '0123456789abcd', '0123456789abcdef01']) await refused({ origin: `a/${digits}` });
    await refused({ state: 'asleep' });
    for (const count of [-1, 0.5, MAX_COUNT + 1, Number.NaN]) {
      await refused({ samples: count });
      await refused({ published: count });
    }
    for (const samples of [-1, 1.1, Number.NaN, '1']) await refused({ confirmedAtSamples: samples });
    await refused({ addresses: ['a'.repeat(258)] });
    await refused({ applied: { updates: -1, digest: '0'.repeat(32) } });
    await refused({ applied: { updates: 1, digest: 'x' } });
    await refused({ vector: [['a', 1]] });
  });

  test('tells STATUS_MAX_ADDRESSES addresses and STATUS_MAX_ORIGINS origins at the most, and all fit STATUS_MAX_BYTES', () => {
    const origin = `${'1'.repeat(52)}/0123456789abcdef`;
    const many: Status = {
      ...statusOf('a'),
      origin,
      addresses: Array.from({ length: STATUS_MAX_ADDRESSES + 1 }, () => `${'x'.repeat(256)}${peerOf(origin)}`),
      applied: { updates: MAX_COUNT, digest: 'f'.repeat(32) },
      vector: Array.from({ length: STATUS_MAX_ORIGINS + 1 }, () => [origin, MAX_COUNT] as const),
    };
    const bytes = encodeStatus(many);
    expect(bytes.length).toBeLessThanOrEqual(STATUS_MAX_BYTES);
    const { addresses, vector } = decodeStatus(bytes, peerOf(origin));
    expect([addresses.length, vector!.length]).toEqual([STATUS_MAX_ADDRESSES, STATUS_MAX_ORIGINS]);
  });

  test('above STATUS_MAX_BYTES is refused', async () => {
    await failureOf(() => decodeStatus(new Uint8Array(STATUS_MAX_BYTES + 1), 'a'), 'MESSAGE_INVALID');
  });

  test('has a topic of its own for each run', () => {
    expect(statusTopic('ab'.repeat(32))).not.toBe(statusTopic('ac'.repeat(32)));
  });
});
