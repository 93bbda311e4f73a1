import { expect, test } from 'vitest';
import { decodeStatus, encodeStatus } from '../../../protocols/status/messages.ts';
import { sharedStatuses } from '../../../scenarios/simulated/shared-statuses.ts';
import { failureOf } from '../../support/failures.ts';
import { statusOf } from '../../support/status.ts';

test('the bytes that many get are read once, others anew, and all as ever', () => {
  const read = sharedStatuses();
  const bytes = encodeStatus(statusOf('a', { samples: 8 }));
  expect(read(bytes, 'a')).toEqual(decodeStatus(bytes, 'a'));
  expect(read(bytes, 'a')).toBe(read(bytes, 'a'));
  expect(read(bytes, 'b')).toEqual(decodeStatus(bytes, 'b'));
  const others = encodeStatus(statusOf('a', { samples: 9 }));
  expect(read(others, 'a')).toEqual(decodeStatus(others, 'a'));
});

test('wrong bytes are refused by everyone who gets them', async () => {
  const read = sharedStatuses();
  const wrong = Uint8Array.of(1, 2, 3);
  for (let time = 0; time < 2; time++) await failureOf(() => read(wrong, 'a'), 'MESSAGE_INVALID');
});
