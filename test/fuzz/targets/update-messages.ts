import assert from 'node:assert/strict';
import { unpackTuple } from '../../../protocols/flat-tuple.ts';
import { MAX_COUNT } from '../../../protocols/tuples.ts';
import { aliasOf } from '../../../protocols/updates/alias.ts';
import {
  MAX_BATCH_UPDATES,
  MAX_FEED_ORIGINS,
  MAX_NAMES_ASKED,
  MAX_ORIGIN_NUMBERS,
  MAX_SCOPE_PEERS,
  MAX_WINDOW_BYTES,
} from '../../../protocols/updates/constants.ts';
import {
  decodeReceiverMessage,
  decodeSourceMessage,
  encodeReceiverMessage,
  type ReceiverMessage,
  type SourceMessage,
} from '../../../protocols/updates/messages.ts';
import { RING } from '../../../protocols/updates/scope.ts';
import { decodeShortVector, encodeShortVector, type ShortVector } from '../../../protocols/updates/short-vector.ts';
import { frameOf } from '../../support/frames.ts';
import { sourceMessageBytes } from '../../support/update-messages.ts';
import type { FuzzTarget } from '../fuzz.ts';
import { hostileTuple, mutatedBytes, randomBytes } from '../mutations.ts';

const MAX_BYTES = 2 ** 20;
const origin = 'peer/0123456789abcdef';

const said: readonly ReceiverMessage[] = [
  { kind: 'subscribe', scope: ['peer', 'other'], vector: [], windowBytes: 2 ** 20, salt: 1 },
  {
    kind: 'subscribe',
    scope: { arc: { from: 5, to: 2 ** 31 }, but: ['other'] },
    vector: [
      ['0123456789abcdef', 7],
      ['fedcba9876543210', 70_000],
    ],
    windowBytes: 300,
    salt: 2 ** 32 - 1,
  },
  { kind: 'taken', updates: 8 },
  { kind: 'names', origins: [origin] },
];
const answered: readonly SourceMessage[] = [
  { kind: 'origin', origin },
  { kind: 'updates', updates: [{ origin: 3, frame: frameOf(1) }] },
  { kind: 'updates', updates: [1, 2, 3].map((to) => ({ origin: to % 2, frame: frameOf(to) })) },
  { kind: 'who', numbers: [0, 300] },
  { kind: 'level' },
  { kind: 'too-far-behind', origin, floor: 400 },
];

const receiverSamples = said.map((message) => unpackTuple(encodeReceiverMessage(message), 1000)!);
const sourceSamples = answered.map((message) => unpackTuple(sourceMessageBytes(message), 1000)!);

const isWithin = (value: number, least: number, most: number) =>
  Number.isInteger(value) && value >= least && value <= most;

/** What receivers say to a source. */
export const subscriptions: FuzzTarget = {
  name: 'subscription',
  perMille: 100,
  codes: ['MESSAGE_INVALID'],
  attempt(random) {
    const message = decodeReceiverMessage(hostileTuple(random, receiverSamples), MAX_BYTES);
    if (message.kind === 'taken') return assert.ok(isWithin(message.updates, 1, MAX_WINDOW_BYTES));
    if (message.kind === 'names') return assert.ok(isWithin(message.origins.length, 0, MAX_NAMES_ASKED));
    const { scope } = message;
    if ('arc' in scope) {
      assert.ok(isWithin(scope.arc.from, 0, RING - 1) && isWithin(scope.arc.to, 0, RING - 1));
      assert.ok(isWithin(scope.but.length, 0, MAX_SCOPE_PEERS));
    } else {
      assert.ok(isWithin(scope.length, 1, MAX_SCOPE_PEERS));
    }
    checkVector(message.vector);
    assert.ok(isWithin(message.windowBytes, 1, MAX_WINDOW_BYTES));
    assert.ok(isWithin(message.salt, 0, 2 ** 32 - 1));
  },
};

/** What is within a subscription as bytes: hostile ones, and such as differ little from sound ones. */
export const shortVectors: FuzzTarget = {
  name: 'short-vector',
  perMille: 50,
  codes: ['MESSAGE_INVALID'],
  attempt(random) {
    const counts = Array.from({ length: random.below(20) }, () => random.below(2 ** random.below(49))).sort(
      (a, b) => a - b,
    );
    const sound = encodeShortVector(counts.map((count, i) => [aliasOf(origin, i), count]));
    const bytes = random.below(4) === 0 ? sound : mutatedBytes(random, sound, [randomBytes(random, 60)]);
    const vector = decodeShortVector(bytes);
    checkVector(vector);
    assert.ok(encodeShortVector(vector).length <= bytes.length);
  },
};

function checkVector(vector: ShortVector): void {
  assert.ok(isWithin(vector.length, 0, MAX_FEED_ORIGINS));
  assert.equal(new Map(vector).size, vector.length);
  let before = 0;
  for (const [alias, count] of vector) {
    assert.match(alias, /^[0-9a-f]{16}$/);
    assert.ok(isWithin(count, before, MAX_COUNT));
    before = count;
  }
}

/** What a source says to its receivers. */
export const updateStreams: FuzzTarget = {
  name: 'update-stream',
  perMille: 100,
  codes: ['MESSAGE_INVALID'],
  attempt(random) {
    const message = decodeSourceMessage(hostileTuple(random, sourceSamples), MAX_BYTES);
    if (message.kind === 'too-far-behind') assert.ok(isWithin(message.floor, 0, 2 ** 48));
    if (message.kind === 'who') {
      assert.ok(message.numbers.length <= MAX_NAMES_ASKED);
      assert.ok(message.numbers.every((number) => isWithin(number, 0, MAX_FEED_ORIGINS - 1)));
    }
    if (message.kind !== 'updates') return;
    assert.ok(isWithin(message.updates.length, 1, MAX_BATCH_UPDATES));
    for (const { origin, frame } of message.updates) {
      assert.ok(isWithin(origin, 0, MAX_ORIGIN_NUMBERS - 1));
      assert.ok(frame instanceof Uint8Array);
    }
  },
};
