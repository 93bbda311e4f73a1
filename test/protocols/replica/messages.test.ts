import { expect, test } from 'vitest';
import { packTuple } from '../../../protocols/flat-tuple.ts';
import {
  MAX_HEAD_BYTES,
  MAX_IMAGE_ORIGINS,
  MAX_REQUEST_BYTES,
  MAX_SAMPLES_PEERS,
  PIECE_BYTES,
} from '../../../protocols/replica/constants.ts';
import {
  decodeReceiverMessage,
  decodeSourceMessage,
  encodeReceiverMessage,
  encodeSourceMessage,
  type ReceiverMessage,
  type SourceMessage,
} from '../../../protocols/replica/messages.ts';
import { MAX_COUNT } from '../../../protocols/tuples.ts';

const imageHash = '0123456789abcdef'.repeat(4);
const longest = 'p'.repeat(128);
const hex = (n: number) => n.toString(16).padStart(16, '0');

test.each<ReceiverMessage>([
  { kind: 'ask', imageHash: null },
  { kind: 'ask', imageHash },
  { kind: 'send', offset: 0 },
  { kind: 'send', offset: MAX_COUNT },
])('a receiver that says %j is understood', (message) => {
  const bytes = encodeReceiverMessage(message);
  expect(bytes.length).toBeLessThanOrEqual(MAX_REQUEST_BYTES);
  expect(decodeReceiverMessage(bytes)).toEqual(message);
});

test.each<[string, SourceMessage]>([
  ['nothing', { kind: 'head', head: { vector: [], samples: [], imageBytes: 1, imageHash } }],
  [
    'the most that it can',
    {
      kind: 'head',
      head: {
        vector: Array.from({ length: MAX_IMAGE_ORIGINS }, (_, n) => [`${longest}/${hex(n)}`, MAX_COUNT] as const),
        samples: Array.from({ length: MAX_SAMPLES_PEERS }, () => [longest, MAX_COUNT] as const),
        imageBytes: MAX_COUNT,
        imageHash,
      },
    },
  ],
  ['a piece', { kind: 'piece', bytes: new Uint8Array(PIECE_BYTES).fill(7) }],
  ['an empty piece', { kind: 'piece', bytes: new Uint8Array(0) }],
  ['that it is busy', { kind: 'busy' }],
])('a source that says %s is understood', (_what, message) => {
  const bytes = new Uint8Array(Buffer.concat(encodeSourceMessage(message)));
  expect(bytes.length).toBeLessThanOrEqual(MAX_HEAD_BYTES);
  expect(decodeSourceMessage(bytes)).toEqual(message);
});

test('a head made of millions of empty lists is refused before they are', () => {
  const lists = Array.from({ length: 65_535 }, () => []);
  const hostile = packTuple([2, Array.from({ length: 200 }, () => lists), [], 1, new Uint8Array(32)]);
  expect(hostile.length).toBeLessThan(MAX_HEAD_BYTES);
  const before = process.memoryUsage();
  expect(() => decodeSourceMessage(hostile)).toThrow(expect.objectContaining({ code: 'MESSAGE_INVALID' }));
  const after = process.memoryUsage();
  expect(after.heapUsed + after.external - before.heapUsed - before.external).toBeLessThan(2 ** 26);
});
