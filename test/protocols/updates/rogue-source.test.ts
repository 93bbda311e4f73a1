import { expect, test } from 'vitest';
import { packTuple } from '../../../protocols/flat-tuple.ts';
import type { Channel } from '../../../protocols/network.ts';
import {
  CLOSE_TIMEOUT_MS,
  MAX_INCARNATIONS,
  MAX_ORIGIN_NUMBERS,
  UPDATES_PROTOCOL,
} from '../../../protocols/updates/constants.ts';
import { encodeSourceMessage, type SourceMessage } from '../../../protocols/updates/messages.ts';
import { UpdateFeed } from '../../../protocols/updates/update-feed.ts';
import { VersionVector } from '../../../src/sum/version-vector.ts';
import { failureOf } from '../../support/failures.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';

const origin = 's/0000000000000001';
const frame = Uint8Array.of(1, 2, 3);
const named: SourceMessage = { kind: 'origin', origin };
const update = (number: number): SourceMessage => ({ kind: 'updates', updates: [{ origin: number, frame }] });

/** Runs a feed against a source that behaves as `serve` says. */
async function runFeed(
  serve: (channel: Channel, world: SimulatedWorld) => Promise<void>,
  signal = new AbortController().signal,
  arrived = new VersionVector(),
) {
  const world = new SimulatedWorld();
  const seen: string[] = [];
  return world.run(async () => {
    const source = await world.start('s', (network) => {
      network.handle(
        UPDATES_PROTOCOL,
        { maxMessageBytes: 1000 },
        (channel) => void serve(channel, world).catch(() => {}),
      );
    });
    const receiver = await world.connected('r', source);
    const components = { network: receiver, clock: world.clock };
    const feed = new UpdateFeed(components, {
      source: 's',
      scope: ['s'],
      windowBytes: 1000,
      tellEvery: 1,
      maxMessageBytes: 1000,
      arrived,
      receive: (from) => seen.push(`update of ${from}`),
      onTooFarBehind: (from, floor) => seen.push(`${from} from ${floor}`),
    });
    const started = world.clock.nowMs();
    const error = await feed.run(signal).then(
      () => null,
      (reason: unknown) => reason,
    );
    return { error, seen, tookMs: world.clock.nowMs() - started, world };
  });
}

const saying =
  (...messages: (SourceMessage | Uint8Array)[]) =>
  async (channel: Channel) => {
    for (const message of messages)
      await channel.send(...(message instanceof Uint8Array ? [message] : encodeSourceMessage(message)));
  };

test('a sound stream is read as it was said', async () => {
  const behind: SourceMessage = { kind: 'too-far-behind', origin, floor: 7 };
  const { error, seen } = await runFeed(async (channel) => {
    await saying(named, update(0), { kind: 'level' }, behind)(channel);
    await channel.close();
  });
  expect(error).toBe(null);
  expect(seen).toEqual([`update of ${origin}`, `${origin} from 7`]);
});

test.each<[string, (SourceMessage | Uint8Array)[]]>([
  ['uses a number that it has not given', [named, update(1)]],
  ['uses a number before it gives one', [update(0)]],
  ['asks who nobody is', [{ kind: 'who', numbers: [0] }]],
  ['names an origin out of scope', [{ kind: 'origin', origin: 'a/0000000000000001' }]],
  [
    'is too far behind with an origin out of scope',
    [{ kind: 'too-far-behind', origin: 'a/0000000000000001', floor: 1 }],
  ],
  ['names more origins than a feed has', Array.from({ length: MAX_ORIGIN_NUMBERS + 1 }, () => named)],
  ['sends a kind that is not known', [packTuple([9])]],
  ['sends what a receiver says', [packTuple([1, 1])]],
  ['sends a number that no feed has', [packTuple([3, MAX_ORIGIN_NUMBERS, frame])]],
  ['sends garbage', [Uint8Array.of(0xc1, 0, 1)]],
  ['sends nothing in a message', [new Uint8Array(0)]],
  ['sends a longer message than was agreed', [packTuple([3, 0, new Uint8Array(1000)])]],
])('a source that %s ends the feed with MESSAGE_INVALID', async (_what, messages) => {
  const { error, seen } = await runFeed(saying(...messages));
  await failureOf(Promise.reject(error), 'MESSAGE_INVALID');
  expect(seen).toEqual([]);
});

test('a source that asks for the same names twice ends the feed with MESSAGE_INVALID', async () => {
  const who: SourceMessage = { kind: 'who', numbers: [0] };
  const { error } = await runFeed(saying(who, who), undefined, new VersionVector([[origin, 1]]));
  await failureOf(Promise.reject(error), 'MESSAGE_INVALID');
});

const behindAt = (floor: number, incarnation = 1): SourceMessage => ({
  kind: 'too-far-behind',
  origin: `s/${incarnation.toString(16).padStart(16, '0')}`,
  floor,
});

test('a source that says the log begins where the receiver asked it to, or before, ends the feed with MESSAGE_INVALID', async () => {
  for (const [floor, asked] of [
    [0, 0],
    [6, 7],
    [7, 7],
  ] as const) {
    const arrived = new VersionVector(asked === 0 ? [] : [[origin, asked]]);
    const { error, seen } = await runFeed(saying(behindAt(floor)), undefined, arrived);
    await failureOf(Promise.reject(error), 'MESSAGE_INVALID');
    expect(seen).toEqual([]);
  }
});

test('a log that begins where the receiver has come to meanwhile is no news, and no offence', async () => {
  const arrived = new VersionVector([[origin, 3]]);
  const serve = async (channel: Channel) => {
    await channel.messages()[Symbol.asyncIterator]().next();
    arrived.advance(origin, 7);
    await saying(behindAt(7), behindAt(8))(channel);
    await channel.close();
  };
  const { error, seen } = await runFeed(serve, undefined, arrived);
  expect([error, seen]).toEqual([null, [`${origin} from 8`]]);
});

test('a source names no more than MAX_INCARNATIONS of a peer that its log does not reach', async () => {
  const notices = Array.from({ length: 3000 }, (_, n) => behindAt(5, n));
  const { error, seen } = await runFeed(saying(...notices));
  await failureOf(Promise.reject(error), 'MESSAGE_INVALID');
  expect(seen).toHaveLength(MAX_INCARNATIONS);
});

test('what the inbox refuses ends the feed the same way', async () => {
  const world = new SimulatedWorld();
  await world.run(async () => {
    const source = await world.start('s', (network) => {
      network.handle(
        UPDATES_PROTOCOL,
        { maxMessageBytes: 1000 },
        (channel) => void saying(named, update(0), update(0))(channel),
      );
    });
    const receiver = await world.connected('r', source);
    let received = 0;
    const components = { network: receiver, clock: world.clock };
    const feed = new UpdateFeed(components, {
      source: 's',
      scope: ['s'],
      windowBytes: 1000,
      tellEvery: 1,
      maxMessageBytes: 1000,
      arrived: new VersionVector(),
      receive: () => {
        received++;
        throw new Error('refused');
      },
      onTooFarBehind: () => {},
    });
    await expect(feed.run(new AbortController().signal)).rejects.toThrow('refused');
    expect(received).toBe(1);
    expect(feed.source).toBe('s');
    // Whoever has ended has nobody to tell.
    feed.taken(1);
  });
});

test('a feed that is handed over waits for the close of its source, however late, and drops what still comes', async () => {
  const controller = new AbortController();
  const { error, seen, tookMs } = await runFeed(async (channel, world) => {
    await saying(named, update(0))(channel);
    await world.pass(100);
    controller.abort();
    await saying(update(0), update(0))(channel);
    await world.pass(0.9 * CLOSE_TIMEOUT_MS);
    await channel.close();
  }, controller.signal);
  expect(error).toBe(null);
  expect(seen).toEqual([`update of ${origin}`]);
  expect(tookMs).toBeGreaterThan(0.9 * CLOSE_TIMEOUT_MS);
});

test('a feed that is handed over waits CLOSE_TIMEOUT_MS for the close of its source, and takes nothing more', async () => {
  const controller = new AbortController();
  const { error, seen, tookMs } = await runFeed(async (channel, world) => {
    await saying(named, update(0))(channel);
    await world.pass(100);
    controller.abort();
    await world.pass(2 * CLOSE_TIMEOUT_MS);
    await saying(update(0))(channel);
  }, controller.signal);
  await failureOf(Promise.reject(error), 'STREAM_CLOSED');
  expect(seen).toEqual([`update of ${origin}`]);
  expect(tookMs).toBeLessThan(CLOSE_TIMEOUT_MS + 500);
});
