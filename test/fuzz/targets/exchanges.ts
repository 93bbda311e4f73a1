import assert from 'node:assert/strict';
import { unpackTuple } from '../../../protocols/flat-tuple.ts';
import type { Channel } from '../../../protocols/network.ts';
import { UPDATES_PROTOCOL } from '../../../protocols/updates/constants.ts';
import { encodeReceiverMessage, encodeSourceMessage } from '../../../protocols/updates/messages.ts';
import { UpdateFeed } from '../../../protocols/updates/update-feed.ts';
import { ENTRY_OVERHEAD_BYTES } from '../../../src/sum/update-log.ts';
import { isFailure } from '../../../src/support/errors.ts';
import type { Random } from '../../../src/support/random.ts';
import { frameOf } from '../../support/frames.ts';
import { MemoryWorld } from '../../support/memory-world.ts';
import { UpdateNode } from '../../support/update-node.ts';
import type { FuzzTarget } from '../fuzz.ts';
import { hostileTuple, pick } from '../mutations.ts';

const MAX_MESSAGE_BYTES = 2 ** 14;
const MESSAGES = 12;
const PUBLISHED = 20;
const origin = 'rogue/0000000000000001';

/** Sound, out of its place, or malformed. */
function sourceMessage(random: Random, next: number): Uint8Array {
  const sound = [
    encodeSourceMessage({
      kind: 'origin',
      origin: pick(random, [origin, 'rogue/0000000000000002', 'other/0000000000000001']),
    }),
    encodeSourceMessage({
      kind: 'updates',
      updates: [{ origin: random.below(2), frame: frameOf(1 + random.below(next + 1)) }],
    }),
    encodeSourceMessage({ kind: 'level' }),
    encodeSourceMessage({ kind: 'too-far-behind', origin, floor: 9 }),
  ].map((pieces) => new Uint8Array(Buffer.concat(pieces)));
  const message = pick(random, sound);
  return random.below(8) === 0 ? hostileTuple(random, [unpackTuple(message, 100)!]) : message;
}

/** Says a few things, and then goes in one way or another; or stalls. */
async function misbehave(random: Random, channel: Channel, first: Uint8Array[], next: (n: number) => Uint8Array) {
  const messages = [...first, ...Array.from({ length: random.below(MESSAGES) }, (_, n) => next(n))];
  for (const message of messages) await channel.send(message);
  switch (random.below(3)) {
    case 0:
      return channel.abort();
    case 1:
      return channel.close();
  }
}

/** A source that misbehaves: what its feed accepted is in the vector, the queue and the log, and nothing else is. */
export const feeds: FuzzTarget = {
  name: 'feed',
  perMille: 5,
  codes: [],
  attempt(random) {
    const world = new MemoryWorld();
    return world.run(async () => {
      const node = await UpdateNode.start(world, 'honest');
      const rogue = await world.start('rogue', (network) => {
        const named = new Uint8Array(Buffer.concat(encodeSourceMessage({ kind: 'origin', origin })));
        const serve = (channel: Channel) =>
          misbehave(random, channel, random.below(4) > 0 ? [named] : [], (n) => sourceMessage(random, n));
        network.handle(UPDATES_PROTOCOL, { maxMessageBytes: MAX_MESSAGE_BYTES }, (channel) => {
          serve(channel).catch(() => {});
        });
      });
      await node.network.dial(rogue.addresses[0]!);
      let accepted = 0;
      const feed = new UpdateFeed(
        { network: node.network, clock: world.clock },
        {
          source: 'rogue',
          scope: ['rogue'],
          windowBytes: 2 ** 12,
          maxMessageBytes: MAX_MESSAGE_BYTES,
          tellEvery: 1,
          arrived: node.inbox.arrived,
          receive: (...update) => {
            const waiting = node.inbox.waiting;
            node.inbox.accept(...update);
            accepted += node.inbox.waiting - waiting;
          },
          onTooFarBehind: () => {},
        },
      );
      const end = new AbortController();
      world.clock.after(1000, () => end.abort());
      await settled(feed.run(end.signal));
      const vector = [...node.inbox.arrived.entries()];
      assert.ok(vector.every(([from]) => from.startsWith('rogue/')));
      assert.equal(
        vector.reduce((sum, [, sequence]) => sum + sequence, 0),
        accepted,
      );
      assert.equal(node.inbox.waiting, accepted);
      assert.ok(node.log.bytes >= accepted * ENTRY_OVERHEAD_BYTES && (accepted > 0 || node.log.bytes === 0));
    });
  },
};

/** A receiver that misbehaves: its source forgets it, serves the next one, and has the log that it had. */
export const sources: FuzzTarget = {
  name: 'source',
  perMille: 5,
  codes: [],
  attempt(random) {
    const world = new MemoryWorld();
    return world.run(async () => {
      const node = await UpdateNode.start(world, 'honest');
      node.publish(PUBLISHED);
      const logBytes = node.log.bytes;
      const rogue = await world.start('rogue');
      await rogue.dial(node.network.addresses[0]!);
      const vector = [[node.origin, random.below(2 * PUBLISHED)]] as const;
      const subscribe = encodeReceiverMessage({
        kind: 'subscribe',
        scope: ['honest'],
        vector,
        windowBytes: 1 + random.below(2000),
      });
      const sound = [subscribe, encodeReceiverMessage({ kind: 'taken', updates: 1 + random.below(3) })];
      const say = () =>
        random.below(4) === 0 ? hostileTuple(random, [unpackTuple(pick(random, sound), 100)!]) : pick(random, sound);
      const channel = await rogue.open('honest', UPDATES_PROTOCOL, { maxMessageBytes: MAX_MESSAGE_BYTES });
      await settled(misbehave(random, channel, random.below(4) > 0 ? [subscribe] : [], say));
      await world.pass(1000);
      channel.abort();
      await world.pass(1000);
      assert.equal(node.log.bytes, logBytes);
      assert.equal(
        node.source.backlog(PUBLISHED, () => true, world.clock.nowMs()),
        0,
      );
      assert.ok(!node.source.hasTaken('rogue', 0));
      assert.ok(node.invalid.length <= 1);
    });
  },
};

async function settled(action: Promise<unknown>): Promise<void> {
  try {
    await action;
  } catch (error) {
    if (!isFailure(error, 'STREAM_CLOSED') && !isFailure(error, 'MESSAGE_INVALID')) throw error;
  }
}
