import { describe, expect, test } from 'vitest';
import { MAX_SUBSCRIPTION_BYTES, UPDATES_PROTOCOL } from '../../../protocols/updates/constants.ts';
import { encodeSourceMessage } from '../../../protocols/updates/messages.ts';
import type { UpdateFeed } from '../../../protocols/updates/update-feed.ts';
import type { OriginKey } from '../../../src/sum/origin.ts';
import { VersionVector } from '../../../src/sum/version-vector.ts';
import { seededRandom } from '../../../src/support/random.ts';
import { failureOf } from '../../support/failures.ts';
import { labelledFrame, labelOf, labels, originOf } from '../../support/labelled-frames.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';
import { UpdateReader } from '../../support/update-reader.ts';
import { UpdateServer } from '../../support/update-server.ts';

describe('a feed', () => {
  test('brings exactly what lies beyond the vector and within the scope, each origin in order', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const random = seededRandom('vectors');
      const server = await UpdateServer.start(world, 's');
      const origins = ['s', 'a', 'b', 'c'].flatMap((peer) => [originOf(peer, 1), originOf(peer, 2)]);
      const heads = new Map(origins.map((origin) => [origin, random.below(20)]));
      for (const [origin, head] of heads) server.publish(origin, head);
      const client = await world.connected('r', server.network);
      for (let run = 0; run < 20; run++) {
        const scope = ['s', 'a', 'b', 'c'].filter(() => random.below(2) === 0).concat('nobody');
        const known = origins.filter(() => random.below(2) === 0).map((origin) => [origin, random.below(25)] as const);
        const reader = new UpdateReader(world, client, 's', { scope, arrived: new VersionVector(known) });
        await world.until(() => reader.levels > 0);
        for (const origin of origins) {
          const from = new Map(known).get(origin) ?? 0;
          const wanted = scope.includes(origin.split('/')[0]!)
            ? labels(origin, from, Math.max(from, heads.get(origin)!))
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
    const world = new SimulatedWorld();
    return world.run(async () => {
      const server = await UpdateServer.start(world, 's');
      const reader = new UpdateReader(world, await world.connected('r', server.network), 's');
      await world.until(() => reader.levels === 1);
      expect(reader.received).toEqual([]);
      server.publish(originOf('s'), 3);
      await world.until(() => reader.levels === 2);
      server.publish(originOf('s', 2), 2);
      server.publish(originOf('s'), 4);
      await world.until(() => reader.received.length === 6);
      expect(reader.received.filter((text) => text.startsWith(originOf('s')))).toEqual(labels(originOf('s'), 0, 4));
    });
  });

  test('goes on from its vector with an origin that its source hears of later', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const server = await UpdateServer.start(world, 's');
      const arrived = new VersionVector([
        [originOf('s'), 2],
        [originOf('a'), 7],
        [originOf('b'), 3],
      ]);
      const client = await world.connected('r', server.network);
      const reader = new UpdateReader(world, client, 's', { scope: ['s', 'a', 'b'], arrived });
      await world.until(() => reader.levels === 1);
      server.publish(originOf('b'), 4);
      server.publish(originOf('a', 2), 1);
      server.publish(originOf('a'), 9);
      server.publish(originOf('s'), 2);
      await world.until(() => reader.received.length === 4);
      const wanted = [
        ...labels(originOf('b'), 3, 4),
        ...labels(originOf('a', 2), 0, 1),
        ...labels(originOf('a'), 7, 9),
      ];
      expect(reader.received.toSorted()).toEqual(wanted.toSorted());
    });
  });

  test('tells its source what it has of those of whom the source knows less, by name where it knows nothing', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const server = await UpdateServer.start(world, 's');
      server.publish(originOf('known'), 2);
      const has = [
        [originOf('known'), 5],
        [originOf('gone'), 3],
        [originOf('gone', 2), 4],
      ] as const;
      const arrived = new VersionVector([...has, [originOf('elsewhere'), 9]]);
      const client = await world.connected('r', server.network);
      const reader = new UpdateReader(world, client, 's', { scope: ['known', 'gone'], arrived });
      await world.until(() => server.told.length === has.length);
      expect(server.told.toSorted()).toEqual(has.toSorted());
      reader.end.abort();
      await reader.running;
      expect(server.invalid).toEqual([]);
    });
  });

  test('names nobody whom both sides know', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const server = await UpdateServer.start(world, 's');
      const peers = Array.from({ length: 100 }, (_, i) => `peer-of-a-long-name-${i}`);
      for (const peer of peers) server.publish(originOf(peer), 1);
      const client = await world.connected('r', server.network);
      const bytesSent = async (arrived: VersionVector) => {
        const before = [client.traffic().bytesSent, server.network.traffic().bytesSent] as const;
        const scope = { arc: { from: 0, to: 0 }, but: [] };
        const reader = new UpdateReader(world, client, 's', { arrived, scope, takes: false });
        await world.until(() => reader.levels > 0);
        for (const peer of peers) server.publish(originOf(peer), server.head(originOf(peer)) + 1, 60);
        await world.until(() => reader.levels > 1);
        reader.end.abort();
        await reader.running;
        return [client.traffic().bytesSent - before[0], server.network.traffic().bytesSent - before[1]] as const;
      };
      const frames = 100 * (60 + 5);
      const [asked, answered] = await bytesSent(new VersionVector(peers.map((peer) => [originOf(peer), 1])));
      expect(asked).toBeLessThan(100 * 9 + 50);
      expect(answered).toBeLessThan(frames + 50);
      const [askedBlank, named] = await bytesSent(new VersionVector());
      expect(askedBlank).toBeLessThan(50);
      expect(named).toBeGreaterThan(frames + 100 * originOf(peers[0]!).length);
    });
  });

  test('of a receiver that takes nothing has no more under way than its window and a part of one update', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const server = await UpdateServer.start(world, 's');
      server.publish(originOf('s'), 100);
      const client = await world.connected('r', server.network);
      for (const [windowBytes, updates] of [
        [1, 1],
        [950, 10],
        [1000, 10],
        [1001, 11],
      ] as const) {
        const reader = new UpdateReader(world, client, 's', { windowBytes, takes: false });
        await world.pass(60_000);
        expect(reader.received).toEqual(labels(originOf('s'), 0, updates));
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

  test('that is sent more than its window and one update ends, and keeps nothing of it', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const source = await world.start('rogue', (network) =>
        network.handle(UPDATES_PROTOCOL, { maxMessageBytes: MAX_SUBSCRIPTION_BYTES }, async (channel) => {
          await channel.send(...encodeSourceMessage({ kind: 'origin', origin: originOf('rogue') }));
          for (let n = 0; n < 100; n++) {
            const frame = labelledFrame(originOf('rogue'), n + 1);
            await channel.send(...encodeSourceMessage({ kind: 'updates', updates: [{ origin: 0, frame }] }));
          }
        }),
      );
      const client = await world.connected('r', source);
      const reader = new UpdateReader(world, client, 'rogue', { windowBytes: 300, maxMessageBytes: 200, takes: false });
      await failureOf(() => reader.running, 'MESSAGE_INVALID');
      expect(reader.received).toHaveLength(5);
    });
  });

  test('ends only when its source has closed, and leaves what is still under way to the next', () => {
    const world = new SimulatedWorld({ latencyMs: 50, bytesPerSecond: 10_000 });
    return world.run(async () => {
      const server = await UpdateServer.start(world, 's');
      server.publish(originOf('s'), 50);
      const client = await world.connected('r', server.network);
      const arrived = new VersionVector();
      const receive = (origin: OriginKey, frame: Uint8Array, feed: UpdateFeed) => {
        const sequence = Number(labelOf(origin, frame).split('#')[1]);
        expect(arrived.standing(origin, sequence - 1, sequence)).toBe('next');
        arrived.advance(origin, sequence);
        feed.taken(frame.length);
      };
      for (let hand = 0; arrived.get(originOf('s')) < 50; hand++) {
        if (hand === 40) expect.fail('the feeds bring nothing');
        const before = arrived.get(originOf('s'));
        const reader = new UpdateReader(world, client, 's', { arrived, receive, windowBytes: 500 });
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
    const world = new SimulatedWorld();
    return world.run(async () => {
      const server = await UpdateServer.start(world, 's');
      server.publish(originOf('s'), 5);
      const reader = new UpdateReader(world, await world.connected('r', server.network), 's');
      reader.end.abort();
      await reader.running;
      expect(reader.received).toEqual([]);
    });
  });

  test('ends quietly when its source stops, and with STREAM_CLOSED when its source crashes or turns it away', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const server = await UpdateServer.start(world, 's');
      const client = await world.connected('r', server.network);
      const stopped = new UpdateReader(world, client, 's');
      await world.until(() => stopped.levels === 1);
      server.source.stop();
      await stopped.running;
      const crashed = new UpdateReader(world, client, 's');
      await world.pass(100);
      world.hub.cut('s');
      await failureOf(crashed.running, 'STREAM_CLOSED');
      await failureOf(new UpdateReader(world, client, 's').running, 'STREAM_CLOSED');
      const strict = await UpdateServer.start(world, 'strict', { admits: false });
      await client.dial(strict.network.addresses[0]!);
      await failureOf(new UpdateReader(world, client, 'strict').running, 'STREAM_CLOSED');
    });
  });
});
