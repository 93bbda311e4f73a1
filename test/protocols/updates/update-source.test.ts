import { describe, expect, test } from 'vitest';
import { packTuple } from '../../../protocols/flat-tuple.ts';
import type { Channel } from '../../../protocols/network.ts';
import { aliasOf } from '../../../protocols/updates/alias.ts';
import {
  MAX_SUBSCRIPTION_BYTES,
  MAX_SUBSCRIPTIONS_PER_PEER,
  UPDATES_PROTOCOL,
} from '../../../protocols/updates/constants.ts';
import {
  decodeSourceMessage,
  encodeReceiverMessage,
  type ReceiverMessage,
} from '../../../protocols/updates/messages.ts';
import { failureOf } from '../../support/failures.ts';
import { originOf } from '../../support/labelled-frames.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';
import { UpdateReader } from '../../support/update-reader.ts';
import { UpdateServer } from '../../support/update-server.ts';

const maxMessageBytes = 100_000;

test('a feed beyond MAX_SUBSCRIPTIONS_PER_PEER is refused, and those that stand go on, as do those of others', () => {
  const world = new SimulatedWorld();
  return world.run(async () => {
    const server = await UpdateServer.start(world, 's');
    const greedy = await world.connected('greedy', server.network);
    const open = async () => {
      const channel = await greedy.open('s', UPDATES_PROTOCOL, { maxMessageBytes: 1000 });
      const message = { kind: 'subscribe', scope: ['s'], vector: [], windowBytes: 500, salt: 0 } as const;
      await channel.send(encodeReceiverMessage(message)).catch(() => {});
      return channel;
    };
    const channels = await Promise.all(Array.from({ length: MAX_SUBSCRIPTIONS_PER_PEER + 3 }, open));
    await world.pass(100);
    expect(server.invalid).toHaveLength(3);
    expect(server.invalid[0]).toMatch(/subscription: count: more than 64/);
    const other = new UpdateReader(world, await world.connected('r', server.network), 's');
    server.publish(originOf('s'), 5);
    await world.until(() => other.received.length === 5);
    await failureOf(channels.at(-1)!.send(new Uint8Array(1)), 'STREAM_CLOSED');
    channels[0]!.abort();
    await world.pass(100);
    await open();
    await world.pass(100);
    expect(server.invalid).toHaveLength(3);
    other.end.abort();
    await other.running;
  });
});

describe('a source drops a receiver', () => {
  const subscribe = { kind: 'subscribe' as const, scope: ['s'], vector: [], windowBytes: 300, salt: 0 };
  const taken = (updates: number): ReceiverMessage => ({ kind: 'taken', updates });
  const names: ReceiverMessage = { kind: 'names', origins: [originOf('x')] };
  const unknown = aliasOf(originOf('x'), subscribe.salt);

  /** Says these things to a source with ten updates, until the source ends the channel. */
  async function say(...messages: (ReceiverMessage | Uint8Array)[]): Promise<UpdateServer> {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const server = await UpdateServer.start(world, 's');
      server.publish(originOf('s'), 10);
      const client = await world.connected('r', server.network);
      const channel = await client.open('s', UPDATES_PROTOCOL, { maxMessageBytes });
      const ended = drain(channel);
      for (const message of messages) {
        await channel.send(message instanceof Uint8Array ? message : encodeReceiverMessage(message));
        await world.pass(100);
      }
      await ended;
      expect(server.source.backlog(10, () => true, world.clock.nowMs())).toBe(0);
      return server;
    });
  }

  async function drain(channel: Channel): Promise<string> {
    try {
      for await (const message of channel.messages()) decodeSourceMessage(message, maxMessageBytes);
      return 'closed';
    } catch (error) {
      return String(error);
    }
  }

  test.each<[string, (ReceiverMessage | Uint8Array)[], RegExp]>([
    ['that takes before it subscribes', [taken(1)], /must come first/],
    ['that subscribes twice', [subscribe, subscribe], /comes once/],
    ['that takes more than it was sent', [subscribe, taken(3), taken(4)], /more than was sent/],
    ['that names whom nobody asked for', [subscribe, names], /names: are told that nobody asked for/],
    ['that names more than it was asked for', [{ ...subscribe, vector: [[unknown, 1]] }, names, names], /nobody asked/],
    ['that talks nonsense', [subscribe, Uint8Array.of(0xc1)], /subscription: body/],
    ['that begins with nonsense', [packTuple([0, ['s'], [], 0])], /subscription/],
    ['that says more than a subscription holds', [new Uint8Array(MAX_SUBSCRIPTION_BYTES + 1)], /at most/],
  ])('%s', async (_what, messages, problem) => {
    const server = await say(...messages);
    expect(server.invalid).toHaveLength(1);
    expect(server.invalid[0]).toMatch(problem);
    expect(server.invalid[0]!.startsWith('r: ')).toBe(true);
  });

  test('that breaks the protocol while it reads nothing', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const server = await UpdateServer.start(world, 's');
      server.publish(originOf('s'), 100, 50_000);
      const client = await world.connected('r', server.network);
      const channel = await client.open('s', UPDATES_PROTOCOL, { maxMessageBytes });
      await channel.send(encodeReceiverMessage({ ...subscribe, windowBytes: 2 ** 30 }));
      await world.pass(1000);
      await channel.send(encodeReceiverMessage(subscribe));
      await world.pass(1000);
      expect(server.invalid).toEqual([expect.stringMatching(/comes once/)]);
      expect(server.source.backlog(100, () => true, world.clock.nowMs())).toBe(0);
    });
  });

  test('that closes without a word, by closing as well', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const server = await UpdateServer.start(world, 's');
      const client = await world.connected('r', server.network);
      const channel = await client.open('s', UPDATES_PROTOCOL, { maxMessageBytes });
      await channel.close();
      expect(await drain(channel)).toBe('closed');
      expect(server.invalid).toEqual([]);
    });
  });
});
