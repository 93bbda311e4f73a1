import { describe, expect, test } from 'vitest';
import { packTuple } from '../../../protocols/flat-tuple.ts';
import type { Channel, Network } from '../../../protocols/network.ts';
import {
  MAX_SUBSCRIPTION_BYTES,
  MAX_SUBSCRIPTIONS_PER_PEER,
  STALL_PATIENCE_MS,
  UPDATES_PROTOCOL,
} from '../../../protocols/updates/constants.ts';
import {
  decodeSourceMessage,
  encodeReceiverMessage,
  encodeSourceMessage,
  type ReceiverMessage,
} from '../../../protocols/updates/messages.ts';
import { UpdateFeed, type UpdateFeedInit } from '../../../protocols/updates/update-feed.ts';
import { UpdateSource } from '../../../protocols/updates/update-source.ts';
import { Identity } from '../../../src/sum/identity.ts';
import type { OriginKey, PeerName } from '../../../src/sum/origin.ts';
import { ENTRY_OVERHEAD_BYTES, UpdateLog } from '../../../src/sum/update-log.ts';
import { VersionVector } from '../../../src/sum/version-vector.ts';
import { seededRandom } from '../../../src/support/random.ts';
import { failureOf } from '../../support/failures.ts';
import { frameLayout, frameUnit } from '../../support/frames.ts';
import { MemoryWorld } from '../../support/memory-world.ts';

const originOf = (peer: PeerName, incarnation = 1): OriginKey => `${peer}/${String(incarnation).padStart(16, '0')}`;
const maxMessageBytes = 100_000;

/** A peer that serves its log. Frames here are any bytes: a source never reads them. */
class Server {
  readonly log: UpdateLog;
  readonly invalid: string[] = [];
  source!: UpdateSource;
  network!: Network;

  constructor(logBytes: number) {
    this.log = new UpdateLog(logBytes);
  }

  static async start(world: MemoryWorld, name: PeerName, { logBytes = 2 ** 30, admits = true } = {}) {
    const server = new Server(logBytes);
    server.network = await world.start(name, (network) => {
      server.source = new UpdateSource(
        { network, clock: world.clock, log: server.log },
        {
          layout: frameLayout,
          unit: frameUnit,
          identity: new Identity(name, () => 1n),
          admits: () => admits,
          onInvalid: (peer, problem) => server.invalid.push(`${peer}: ${problem}`),
        },
      );
    });
    return server;
  }

  /** The next updates of an origin, up to `to`. Their bytes name origin and sequence. */
  publish(origin: OriginKey, to: number, bytes = 100): void {
    for (let sequence = this.head(origin) + 1; sequence <= to; sequence++) {
      const frame = new Uint8Array(bytes);
      frame.set(Buffer.from(`${origin}#${sequence}`));
      this.log.append({ origin, from: sequence - 1, to: sequence, bytes: frame });
    }
    this.source.logGrew();
  }

  head(origin: OriginKey): number {
    let head = this.log.floor(origin);
    for (let entry = this.log.entryFrom(origin, head); entry !== null; entry = this.log.entryFrom(origin, head)) {
      head = entry.to;
    }
    return head;
  }
}

/** What a feed brought, as `origin#sequence`. */
class Reader {
  readonly received: string[] = [];
  readonly tooFarBehind: [OriginKey, number][] = [];
  readonly end = new AbortController();
  levels = 0;
  readonly feed: UpdateFeed;
  readonly running: Promise<void>;

  constructor(
    world: MemoryWorld,
    network: Network,
    source: PeerName,
    init: Partial<UpdateFeedInit> & { takes?: boolean } = {},
  ) {
    this.feed = new UpdateFeed(
      { network, clock: world.clock },
      {
        source,
        scope: [source],
        windowBytes: 1_000_000,
        tellEvery: 1,
        maxMessageBytes,
        arrived: new VersionVector(),
        receive: (origin, frame, feed) => {
          this.received.push(label(origin, frame));
          if (init.takes ?? true) feed.taken(frame.length);
        },
        onLevel: () => this.levels++,
        onTooFarBehind: (origin, floor) => this.tooFarBehind.push([origin, floor]),
        ...init,
      },
    );
    this.running = this.feed.run(this.end.signal);
    this.running.catch(() => {});
  }
}

function label(origin: OriginKey, frame: Uint8Array): string {
  const text = Buffer.from(frame).toString().replaceAll('\0', '');
  expect(text.startsWith(`${origin}#`)).toBe(true);
  return text;
}

const range = (origin: OriginKey, from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `${origin}#${from + i + 1}`);

async function connected(world: MemoryWorld, name: PeerName, to: Network): Promise<Network> {
  const network = await world.start(name);
  await network.dial(to.addresses[0]!);
  return network;
}

describe('a feed', () => {
  test('brings exactly what lies beyond the vector and within the scope, each origin in order', () => {
    const world = new MemoryWorld();
    return world.run(async () => {
      const random = seededRandom('vectors');
      const server = await Server.start(world, 's');
      const origins = ['s', 'a', 'b', 'c'].flatMap((peer) => [originOf(peer, 1), originOf(peer, 2)]);
      const heads = new Map(origins.map((origin) => [origin, random.below(20)]));
      for (const [origin, head] of heads) server.publish(origin, head);
      const client = await connected(world, 'r', server.network);
      for (let run = 0; run < 20; run++) {
        const scope = ['s', 'a', 'b', 'c'].filter(() => random.below(2) === 0).concat('nobody');
        const known = origins.filter(() => random.below(2) === 0).map((origin) => [origin, random.below(25)] as const);
        const reader = new Reader(world, client, 's', { scope, arrived: new VersionVector(known) });
        await world.until(() => reader.levels > 0);
        for (const origin of origins) {
          const from = new Map(known).get(origin) ?? 0;
          const wanted = scope.includes(origin.split('/')[0]!)
            ? range(origin, from, Math.max(from, heads.get(origin)!))
            : [];
          expect(reader.received.filter((text) => text.startsWith(`${origin}#`))).toEqual(wanted);
        }
        expect(reader.tooFarBehind).toEqual([]);
        reader.end.abort();
        await reader.running;
      }
    });
  });

  test('goes on with what is published later, and says when it is level again', () => {
    const world = new MemoryWorld();
    return world.run(async () => {
      const server = await Server.start(world, 's');
      const reader = new Reader(world, await connected(world, 'r', server.network), 's');
      await world.until(() => reader.levels === 1);
      expect(reader.received).toEqual([]);
      server.publish(originOf('s'), 3);
      await world.until(() => reader.levels === 2);
      server.publish(originOf('s', 2), 2);
      server.publish(originOf('s'), 4);
      await world.until(() => reader.received.length === 6);
      expect(reader.received.filter((text) => text.startsWith(originOf('s')))).toEqual(range(originOf('s'), 0, 4));
    });
  });

  test('of a receiver that takes nothing has no more under way than its window and a part of one update', () => {
    const world = new MemoryWorld();
    return world.run(async () => {
      const server = await Server.start(world, 's');
      server.publish(originOf('s'), 100);
      const client = await connected(world, 'r', server.network);
      for (const [windowBytes, updates] of [
        [1, 1],
        [950, 10],
        [1000, 10],
        [1001, 11],
      ] as const) {
        const reader = new Reader(world, client, 's', { windowBytes, takes: false });
        await world.pass(60_000);
        expect(reader.received).toEqual(range(originOf('s'), 0, updates));
        expect(reader.levels).toBe(0);
        reader.feed.taken(100);
        await world.pass(60_000);
        expect(reader.received).toHaveLength(updates + 1);
        reader.end.abort();
        await reader.running;
      }
      expect(server.invalid).toEqual([]);
    });
  });

  test('that is slow does not slow another, and counts in the backlog alone', () => {
    const world = new MemoryWorld();
    return world.run(async () => {
      const server = await Server.start(world, 's');
      const slow = new Reader(world, await connected(world, 'slow', server.network), 's', {
        windowBytes: 500,
        takes: false,
      });
      const fast = new Reader(world, await connected(world, 'fast', server.network), 's', { windowBytes: 500 });
      let rings = 0;
      const count = () => {
        rings++;
        server.source.progress.onNextRing(count);
      };
      server.source.progress.onNextRing(count);
      await world.until(() => slow.levels > 0 && fast.levels > 0);
      server.publish(originOf('s'), 200);
      await world.until(() => fast.received.length === 200);
      await world.pass(100);
      expect(slow.received).toHaveLength(5);
      expect(rings).toBeGreaterThan(0);
      expect(server.source.backlog(200, () => true, world.clock.nowMs())).toBe(200);
      expect(server.source.backlog(200, (peer) => peer === 'fast', world.clock.nowMs())).toBe(0);
      expect([server.source.hasTaken('fast', 200), server.source.hasTaken('slow', 1)]).toEqual([true, false]);
      for (let n = 0; n < 5; n++) slow.feed.taken(100);
      await world.pass(100);
      expect(server.source.backlog(200, () => true, world.clock.nowMs())).toBe(195);
      slow.end.abort();
      await slow.running;
      await world.pass(100);
      expect(server.source.backlog(200, () => true, world.clock.nowMs())).toBe(0);
      expect(server.source.hasTaken('nobody', 0)).toBe(false);
    });
  });

  test('that takes nothing for STALL_PATIENCE_MS is left out of the backlog until it does', () => {
    const world = new MemoryWorld();
    return world.run(async () => {
      const server = await Server.start(world, 's');
      const stalled = new Reader(world, await connected(world, 'r', server.network), 's', {
        windowBytes: 500,
        takes: false,
      });
      await world.until(() => stalled.levels === 1);
      server.publish(originOf('s'), 50);
      await world.until(() => stalled.received.length === 5);
      const backlog = () => server.source.backlog(50, () => true, world.clock.nowMs());
      expect(backlog()).toBe(50);
      await world.pass(STALL_PATIENCE_MS - 1);
      expect(backlog()).toBe(50);
      await world.pass(1);
      expect(backlog()).toBe(0);
      stalled.feed.taken(100);
      stalled.feed.tell();
      await world.pass(100);
      expect(backlog()).toBe(49);
      stalled.end.abort();
      await stalled.running;
    });
  });

  test('beyond MAX_SUBSCRIPTIONS_PER_PEER is refused, and those that stand go on, as do those of others', () => {
    const world = new MemoryWorld();
    return world.run(async () => {
      const server = await Server.start(world, 's');
      const greedy = await connected(world, 'greedy', server.network);
      const open = async () => {
        const channel = await greedy.open('s', UPDATES_PROTOCOL, { maxMessageBytes: 1000 });
        const message = { kind: 'subscribe', scope: ['s'], vector: [], windowBytes: 500 } as const;
        await channel.send(encodeReceiverMessage(message)).catch(() => {});
        return channel;
      };
      const channels = await Promise.all(Array.from({ length: MAX_SUBSCRIPTIONS_PER_PEER + 3 }, open));
      await world.pass(100);
      expect(server.invalid).toHaveLength(3);
      expect(server.invalid[0]).toMatch(/subscription: count: more than 64/);
      const other = new Reader(world, await connected(world, 'r', server.network), 's');
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

  test('of another scope says nothing about own updates', () => {
    const world = new MemoryWorld();
    return world.run(async () => {
      const server = await Server.start(world, 's');
      server.publish(originOf('s'), 5);
      const reader = new Reader(world, await connected(world, 'r', server.network), 's', { scope: ['a'] });
      await world.until(() => reader.levels === 1);
      expect(server.source.backlog(5, () => true, world.clock.nowMs())).toBe(0);
      expect(server.source.hasTaken('r', 0)).toBe(false);
    });
  });

  test('learns that it is too far behind where the log no longer reaches, once, and gets all else', () => {
    const world = new MemoryWorld();
    return world.run(async () => {
      const server = await Server.start(world, 's', { logBytes: 5 * (100 + ENTRY_OVERHEAD_BYTES) });
      server.publish(originOf('s'), 7);
      server.publish(originOf('a'), 1);
      // 800 bytes were published: three of the seven have gone.
      const arrived = new VersionVector([[originOf('s'), 2]]);
      const client = await connected(world, 'r', server.network);
      const behind = new Reader(world, client, 's', { scope: ['s', 'a'], arrived });
      await world.until(() => behind.levels === 1);
      server.publish(originOf('a'), 2);
      await world.until(() => behind.levels === 2);
      expect(behind.tooFarBehind).toEqual([[originOf('s'), 3]]);
      expect(behind.received).toEqual(range(originOf('a'), 0, 2));
      const near = new Reader(world, client, 's', { arrived: new VersionVector([[originOf('s'), 4]]) });
      await world.until(() => near.levels === 1);
      expect([near.received, near.tooFarBehind]).toEqual([range(originOf('s'), 4, 7), []]);
    });
  });

  test('learns that it is too far behind also where the log moves past it while it is slow', () => {
    const world = new MemoryWorld();
    return world.run(async () => {
      const server = await Server.start(world, 's', { logBytes: 5 * (100 + ENTRY_OVERHEAD_BYTES) });
      const reader = new Reader(world, await connected(world, 'r', server.network), 's', {
        windowBytes: 200,
        takes: false,
      });
      await world.until(() => reader.levels === 1);
      server.publish(originOf('s'), 3);
      await world.until(() => reader.received.length === 2);
      server.publish(originOf('s'), 20);
      for (let n = reader.received.length; n > 0; n--) reader.feed.taken(100);
      await world.until(() => reader.tooFarBehind.length > 0);
      expect(reader.tooFarBehind).toEqual([[originOf('s'), 15]]);
    });
  });

  test('that is catching up is not waited for until it has once had everything', () => {
    const world = new MemoryWorld();
    return world.run(async () => {
      const server = await Server.start(world, 's');
      server.publish(originOf('s'), 200);
      const client = await connected(world, 'r', server.network);
      const reader = new Reader(world, client, 's', { windowBytes: 500, takes: false });
      const backlog = () => server.source.backlog(server.head(originOf('s')), () => true, world.clock.nowMs());
      await world.until(() => reader.received.length === 5);
      expect(backlog()).toBe(0);
      while (reader.levels === 0) {
        reader.feed.taken(100);
        await world.pass(30);
      }
      server.publish(originOf('s'), 210);
      await world.pass(100);
      expect(backlog()).toBeGreaterThanOrEqual(10);
    });
  });

  test('that was too far behind gets what it lacks, once the log reaches it again', () => {
    const world = new MemoryWorld();
    return world.run(async () => {
      const server = await Server.start(world, 's');
      server.log.restart(originOf('s'), 20);
      const client = await connected(world, 'r', server.network);
      const arrived = new VersionVector([[originOf('s'), 5]]);
      const reader = new Reader(world, client, 's', { arrived });
      await world.until(() => reader.levels > 0);
      expect(reader.tooFarBehind).toEqual([[originOf('s'), 20]]);
      server.log.restart(originOf('s'), 5);
      server.publish(originOf('s'), 12);
      await world.until(() => reader.received.length === 7);
      expect(reader.received).toEqual(range(originOf('s'), 5, 12));
    });
  });

  test('tells what was taken at half a window at the latest, so that source and receiver never wait for each other', () => {
    const world = new MemoryWorld();
    return world.run(async () => {
      const server = await Server.start(world, 's');
      const client = await connected(world, 'r', server.network);
      const reader = new Reader(world, client, 's', { windowBytes: 500, tellEvery: 1000 });
      await world.until(() => reader.levels > 0);
      server.publish(originOf('s'), 200);
      await world.until(() => reader.received.length === 200);
      expect(server.source.backlog(200, () => true, world.clock.nowMs())).toBeGreaterThan(0);
      reader.feed.tell();
      await world.pass(100);
      expect(server.source.backlog(200, () => true, world.clock.nowMs())).toBe(0);
    });
  });

  test('that is sent more than its window and one update ends, and keeps nothing of it', () => {
    const world = new MemoryWorld();
    return world.run(async () => {
      const source = await world.start('rogue', (network) =>
        network.handle(UPDATES_PROTOCOL, { maxMessageBytes: MAX_SUBSCRIPTION_BYTES }, async (channel) => {
          await channel.send(...encodeSourceMessage({ kind: 'origin', origin: originOf('rogue') }));
          for (let n = 0; n < 100; n++) {
            const frame = new Uint8Array(100);
            frame.set(Buffer.from(`${originOf('rogue')}#${n + 1}`));
            await channel.send(...encodeSourceMessage({ kind: 'updates', updates: [{ origin: 0, frame }] }));
          }
        }),
      );
      const client = await connected(world, 'r', source);
      const reader = new Reader(world, client, 'rogue', { windowBytes: 300, maxMessageBytes: 200, takes: false });
      await failureOf(() => reader.running, 'MESSAGE_INVALID');
      expect(reader.received).toHaveLength(5);
    });
  });

  test('ends only when its source has closed, and leaves what is still under way to the next', () => {
    const world = new MemoryWorld({ latencyMs: 50, bytesPerSecond: 10_000 });
    return world.run(async () => {
      const server = await Server.start(world, 's');
      server.publish(originOf('s'), 50);
      const client = await connected(world, 'r', server.network);
      const arrived = new VersionVector();
      const receive = (origin: OriginKey, frame: Uint8Array, feed: UpdateFeed) => {
        const sequence = Number(label(origin, frame).split('#')[1]);
        expect(arrived.standing(origin, sequence - 1, sequence)).toBe('next');
        arrived.advance(origin, sequence);
        feed.taken(frame.length);
      };
      for (let hand = 0; arrived.get(originOf('s')) < 50; hand++) {
        if (hand === 40) expect.fail('the feeds bring nothing');
        const before = arrived.get(originOf('s'));
        const reader = new Reader(world, client, 's', { arrived, receive, windowBytes: 500 });
        await world.until(() => arrived.get(originOf('s')) > before + 1 || reader.levels > 0);
        const at = arrived.get(originOf('s'));
        const abortedAtMs = world.clock.nowMs();
        reader.end.abort();
        await reader.running;
        expect(world.clock.nowMs() - abortedAtMs).toBeGreaterThanOrEqual(100);
        expect(arrived.get(originOf('s'))).toBe(at);
        expect(server.source.backlog(50, () => true, world.clock.nowMs())).toBe(0);
      }
      expect(server.invalid).toEqual([]);
    });
  });

  test('aborted before it was opened ends as well', () => {
    const world = new MemoryWorld();
    return world.run(async () => {
      const server = await Server.start(world, 's');
      server.publish(originOf('s'), 5);
      const reader = new Reader(world, await connected(world, 'r', server.network), 's');
      reader.end.abort();
      await reader.running;
      expect(reader.received).toEqual([]);
    });
  });

  test('ends quietly when its source stops, and with STREAM_CLOSED when its source crashes or turns it away', () => {
    const world = new MemoryWorld();
    return world.run(async () => {
      const server = await Server.start(world, 's');
      const client = await connected(world, 'r', server.network);
      const stopped = new Reader(world, client, 's');
      await world.until(() => stopped.levels === 1);
      server.source.stop();
      await stopped.running;
      const crashed = new Reader(world, client, 's');
      await world.pass(100);
      world.hub.cut('s');
      await failureOf(crashed.running, 'STREAM_CLOSED');
      await failureOf(new Reader(world, client, 's').running, 'STREAM_CLOSED');
      const strict = await Server.start(world, 'strict', { admits: false });
      await client.dial(strict.network.addresses[0]!);
      await failureOf(new Reader(world, client, 'strict').running, 'STREAM_CLOSED');
    });
  });
});

describe('a source drops a receiver', () => {
  const subscribe: ReceiverMessage = { kind: 'subscribe', scope: ['s'], vector: [], windowBytes: 300 };
  const taken = (updates: number): ReceiverMessage => ({ kind: 'taken', updates });

  /** Says these things to a source with ten updates, until the source ends the channel. */
  async function say(...messages: (ReceiverMessage | Uint8Array)[]): Promise<Server> {
    const world = new MemoryWorld();
    return world.run(async () => {
      const server = await Server.start(world, 's');
      server.publish(originOf('s'), 10);
      const client = await connected(world, 'r', server.network);
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
    const world = new MemoryWorld();
    return world.run(async () => {
      const server = await Server.start(world, 's');
      server.publish(originOf('s'), 100, 50_000);
      const client = await connected(world, 'r', server.network);
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
    const world = new MemoryWorld();
    return world.run(async () => {
      const server = await Server.start(world, 's');
      const client = await connected(world, 'r', server.network);
      const channel = await client.open('s', UPDATES_PROTOCOL, { maxMessageBytes });
      await channel.close();
      expect(await drain(channel)).toBe('closed');
      expect(server.invalid).toEqual([]);
    });
  });
});
