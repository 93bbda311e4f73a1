import assert from 'node:assert/strict';
import { unpackTuple } from '../../../protocols/flat-tuple.ts';
import type { Channel } from '../../../protocols/network.ts';
import { aliasOf } from '../../../protocols/updates/alias.ts';
import { UPDATES_PROTOCOL } from '../../../protocols/updates/constants.ts';
import { encodeReceiverMessage, type SourceMessage } from '../../../protocols/updates/messages.ts';
import { UpdateFeed } from '../../../protocols/updates/update-feed.ts';
import { ENTRY_OVERHEAD_BYTES } from '../../../src/sum/update-log.ts';
import { isFailure } from '../../../src/support/errors.ts';
import type { Random } from '../../../src/support/random.ts';
import { frameOf } from '../../support/frames.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';
import { sourceMessageBytes } from '../../support/update-messages.ts';
import { UpdateNode } from '../../support/update-node.ts';
import type { FuzzTarget } from '../fuzz.ts';
import { hostileTuple, pick } from '../mutations.ts';

const MAX_MESSAGE_BYTES = 2 ** 14;
const MESSAGES = 12;
const PUBLISHED = 20;
const origin = 'rogue/0000000000000001';

/** Sound, out of its place, or malformed. */
function sourceMessage(random: Random, next: number): Uint8Array {
  const sound: SourceMessage[] = [
    { kind: 'origin', origin: pick(random, [origin, 'rogue/0000000000000002', 'other/0000000000000001']) },
    { kind: 'updates', updates: [{ origin: random.below(2), frame: frameOf(1 + random.below(next + 1)) }] },
    { kind: 'level' },
    { kind: 'too-far-behind', origin, floor: 9 },
  ];
  const message = sourceMessageBytes(pick(random, sound));
  return random.below(8) === 0 ? hostileTuple(random, [unpackTuple(message, 100)!]) : message;
}

/** Says a few things, most often `first` before them, and then goes in one way or another; or stalls. */
async function misbehave(random: Random, channel: Channel, first: Uint8Array, next: (n: number) => Uint8Array) {
  const begun = random.below(4) > 0 ? [first] : [];
  const messages = [...begun, ...Array.from({ length: random.below(MESSAGES) }, (_, n) => next(n))];
  for (const message of messages) await channel.send(message);
  switch (random.below(3)) {
    case 0:
      return channel.abort();
    case 1:
      return channel.close();
  }
}

/** One attack on an honest peer, in virtual time. */
function attack(body: (world: SimulatedWorld, honest: UpdateNode) => Promise<void>): Promise<void> {
  const world = new SimulatedWorld();
  return world.run(async () => body(world, await UpdateNode.start(world, 'honest')));
}

/** A source that misbehaves: what its feed accepted is in the vector, the queue and the log, and nothing else is. */
export const feeds: FuzzTarget = {
  name: 'feed',
  perMille: 5,
  codes: [],
  attempt: (random) =>
    attack(async (world, { network, inbox, log }) => {
      const rogue = await world.start('rogue', (prepared) => {
        const named = sourceMessageBytes({ kind: 'origin', origin });
        prepared.handle(UPDATES_PROTOCOL, { maxMessageBytes: MAX_MESSAGE_BYTES }, (channel) => {
          misbehave(random, channel, named, (n) => sourceMessage(random, n)).catch(() => {});
        });
      });
      await network.dial(rogue.addresses[0]!);
      let accepted = 0;
      const feed = new UpdateFeed(
        { network, clock: world.clock },
        {
          source: 'rogue',
          scope: ['rogue'],
          windowBytes: 2 ** 12,
          maxMessageBytes: MAX_MESSAGE_BYTES,
          tellEvery: 1,
          arrived: inbox.arrived,
          receive: (...update) => {
            const { waiting } = inbox;
            inbox.accept(...update);
            accepted += inbox.waiting - waiting;
          },
          onTooFarBehind: () => {},
        },
      );
      const end = new AbortController();
      world.clock.after(1000, () => end.abort());
      await settled(feed.run(end.signal));
      const vector = [...inbox.arrived.entries()];
      assert.ok(vector.every(([from]) => from.startsWith('rogue/')));
      const sum = vector.reduce((total, [, sequence]) => total + sequence, 0);
      assert.deepEqual([sum, inbox.waiting], [accepted, accepted]);
      assert.ok(log.bytes >= accepted * ENTRY_OVERHEAD_BYTES && (accepted > 0 || log.bytes === 0));
    }),
};

/** A receiver that misbehaves: its source forgets it, serves the next one, and has the log that it had. */
export const sources: FuzzTarget = {
  name: 'source',
  perMille: 5,
  codes: [],
  attempt: (random) =>
    attack(async (world, honest) => {
      honest.publish(PUBLISHED);
      const logBytes = honest.log.bytes;
      const rogue = await world.connected('rogue', honest.network);
      const subscribe = encodeReceiverMessage({
        kind: 'subscribe',
        scope: ['honest'],
        vector: [
          [aliasOf('gone/0123456789abcdef', 7), 3],
          [aliasOf(honest.origin, 7), 3 + random.below(2 * PUBLISHED)],
        ],
        windowBytes: 1 + random.below(2000),
        salt: 7,
      });
      const sound = [
        subscribe,
        encodeReceiverMessage({ kind: 'taken', updates: 1 + random.below(3) }),
        encodeReceiverMessage({ kind: 'names', origins: ['gone/0123456789abcdef'] }),
      ];
      const say = () =>
        random.below(4) === 0 ? hostileTuple(random, [unpackTuple(pick(random, sound), 100)!]) : pick(random, sound);
      const channel = await rogue.open('honest', UPDATES_PROTOCOL, { maxMessageBytes: MAX_MESSAGE_BYTES });
      await settled(misbehave(random, channel, subscribe, say));
      await world.pass(1000);
      channel.abort();
      await world.pass(1000);
      const backlog = honest.source.backlog(PUBLISHED, () => true, world.clock.nowMs());
      assert.deepEqual([honest.log.bytes, backlog], [logBytes, 0]);
      assert.ok(!honest.source.hasTaken('rogue', 0));
      assert.ok(honest.invalid.length <= 1);
    }),
};

async function settled(action: Promise<unknown>): Promise<void> {
  try {
    await action;
  } catch (error) {
    if (!isFailure(error, 'STREAM_CLOSED') && !isFailure(error, 'MESSAGE_INVALID')) throw error;
  }
}
