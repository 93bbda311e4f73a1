import { expect, test } from 'vitest';
import { packTuple } from '../../protocols/flat-tuple.ts';
import { differingSections, encodeHello } from '../../protocols/hello/messages.ts';
import { decodeStatus, encodeStatus } from '../../protocols/status/messages.ts';
import {
  decodeReceiverMessage,
  decodeSourceMessage,
  encodeReceiverMessage,
  encodeSourceMessage,
} from '../../protocols/updates/messages.ts';
import { manifestDigests } from '../../src/manifest.ts';
import { isFailure } from '../../src/support/errors.ts';
import { seededRandom } from '../../src/support/random.ts';
import { testManifest } from '../support/manifest.ts';

const MESSAGES = 100_000;
/** A few times the longest message here; what is freed late counts, too. */
const MAX_GROWTH_BYTES = 2 ** 26;

const origin = 'peer/0123456789abcdef';
const digests = manifestDigests(testManifest());
const vector = [
  [origin, 7],
  ['other/0000000000000001', 70_000],
] as const;

const status = {
  origin,
  state: 'finishing',
  samples: 300,
  published: 3,
  confirmedAtSamples: 5000,
  addresses: ['/ip4/10.0.0.1/tcp/4001'],
  vector,
} as const;

/** Each reader with sound messages to start from. */
const readers: [(bytes: Uint8Array) => unknown, Uint8Array[]][] = [
  [
    (bytes) => decodeReceiverMessage(bytes, 2 ** 21),
    [
      encodeReceiverMessage({ kind: 'subscribe', scope: ['peer', 'other'], vector, windowBytes: 2 ** 20 }),
      encodeReceiverMessage({ kind: 'taken', updates: 8 }),
    ],
  ],
  [
    (bytes) => decodeSourceMessage(bytes, 2 ** 20),
    [
      encodeSourceMessage({ kind: 'origin', origin }),
      encodeSourceMessage({ kind: 'update', origin: 3, frame: new Uint8Array(40) }),
      encodeSourceMessage({ kind: 'level' }),
      encodeSourceMessage({ kind: 'too-far-behind', origin, floor: 400 }),
    ],
  ],
  [decodeStatus, [encodeStatus(status), encodeStatus({ ...status, vector: null, confirmedAtSamples: null })]],
  [(bytes) => differingSections(bytes, digests), [encodeHello(digests), packTuple([])]],
];

const random = seededRandom('hostile messages');

function randomBytes(): Uint8Array {
  const bytes = new Uint8Array(random.below(60)).map(() => random.below(256));
  // Half of them begin as a tuple does.
  if (bytes.length > 1 && random.below(2) === 0) bytes.set([0x90 + random.below(9), random.below(6)]);
  return bytes;
}

function mutated(message: Uint8Array): Uint8Array {
  let bytes = message.slice(0, message.length - (random.below(6) === 0 ? random.below(message.length) : 0));
  if (random.below(6) === 0) bytes = new Uint8Array([...bytes, ...randomBytes()]);
  for (let left = random.below(4); left >= 0 && bytes.length > 0; left--) {
    bytes[random.below(bytes.length)] = random.below(4) === 0 ? 0xc0 + random.below(32) : random.below(256);
  }
  return bytes;
}

test('a hundred thousand random and mutated messages are read or refused with MESSAGE_INVALID, nothing else', () => {
  let [sound, refused, largest] = [0, 0, 0];
  for (let n = 0; n < MESSAGES; n++) {
    const [read, messages] = readers[n % readers.length]!;
    const bytes = random.below(4) === 0 ? randomBytes() : mutated(messages[random.below(messages.length)]!);
    const before = n % 100 < readers.length ? process.memoryUsage() : null;
    try {
      read(bytes);
      sound++;
    } catch (error) {
      if (!isFailure(error, 'MESSAGE_INVALID')) throw new Error(Buffer.from(bytes).toString('hex'), { cause: error });
      refused++;
    }
    if (before === null) continue;
    const after = process.memoryUsage();
    largest = Math.max(largest, after.heapUsed + after.external - before.heapUsed - before.external);
  }
  // Mutations that hit a number or a letter only leave a message that can be read.
  expect(sound).toBeGreaterThan(MESSAGES / 20);
  expect(refused).toBeGreaterThan(MESSAGES / 3);
  expect(largest).toBeLessThan(MAX_GROWTH_BYTES);
});

test('messages as long as they may be, made of what is dearest to read, take no more memory than they should', () => {
  const dear = [
    packTuple([0, Array.from({ length: 65_535 }, () => 1), Array.from({ length: 65_535 }, () => [1, 2, 3]), 1]),
    packTuple([0, Array.from({ length: 65_535 }, () => ''), Array.from({ length: 65_535 }, () => []), 1]),
    packTuple(Array.from({ length: 31 }, () => Array.from({ length: 65_535 }, () => 1))),
    packTuple([0, ['a'], Array.from({ length: 8_192 }, () => ['!'.repeat(200), 1]), 1]),
  ];
  for (const bytes of dear) {
    for (const [read] of readers) {
      const before = process.memoryUsage();
      expect(() => read(bytes)).toThrow(expect.objectContaining({ code: 'MESSAGE_INVALID' }));
      const after = process.memoryUsage();
      const grown = after.heapUsed + after.external - before.heapUsed - before.external;
      expect(grown).toBeLessThan(4 * MAX_GROWTH_BYTES);
    }
  }
});
