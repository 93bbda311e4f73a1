import assert from 'node:assert/strict';
import { unpackTuple } from '../../../protocols/flat-tuple.ts';
import {
  MAX_BATCH_UPDATES,
  MAX_FEED_ORIGINS,
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
import { frameOf } from '../../support/frames.ts';
import { sourceMessageBytes } from '../../support/update-messages.ts';
import type { FuzzTarget } from '../fuzz.ts';
import { hostileTuple } from '../mutations.ts';

const MAX_BYTES = 2 ** 20;
const origin = 'peer/0123456789abcdef';

const said: readonly ReceiverMessage[] = [
  { kind: 'subscribe', scope: ['peer', 'other'], vector: [[origin, 7]], windowBytes: 2 ** 20 },
  {
    kind: 'subscribe',
    scope: { arc: { from: 5, to: 2 ** 31 }, but: ['other'] },
    vector: [[origin, 7]],
    windowBytes: 300,
  },
  { kind: 'taken', updates: 8 },
];
const answered: readonly SourceMessage[] = [
  { kind: 'origin', origin },
  { kind: 'updates', updates: [{ origin: 3, frame: frameOf(1) }] },
  { kind: 'updates', updates: [1, 2, 3].map((to) => ({ origin: to % 2, frame: frameOf(to) })) },
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
    const { scope } = message;
    if ('arc' in scope) {
      assert.ok(isWithin(scope.arc.from, 0, RING - 1) && isWithin(scope.arc.to, 0, RING - 1));
      assert.ok(isWithin(scope.but.length, 0, MAX_SCOPE_PEERS));
    } else {
      assert.ok(isWithin(scope.length, 1, MAX_SCOPE_PEERS));
    }
    assert.ok(isWithin(message.vector.length, 0, MAX_FEED_ORIGINS));
    assert.ok(isWithin(message.windowBytes, 1, MAX_WINDOW_BYTES));
  },
};

/** What a source says to its receivers. */
export const updateStreams: FuzzTarget = {
  name: 'update-stream',
  perMille: 100,
  codes: ['MESSAGE_INVALID'],
  attempt(random) {
    const message = decodeSourceMessage(hostileTuple(random, sourceSamples), MAX_BYTES);
    if (message.kind === 'too-far-behind') assert.ok(isWithin(message.floor, 0, 2 ** 48));
    if (message.kind !== 'updates') return;
    assert.ok(isWithin(message.updates.length, 1, MAX_BATCH_UPDATES));
    for (const { origin, frame } of message.updates) {
      assert.ok(isWithin(origin, 0, MAX_FEED_ORIGINS - 1));
      assert.ok(frame instanceof Uint8Array);
    }
  },
};
