import { describe, expect, test } from 'vitest';
import type { Channel } from '../../../protocols/network.ts';
import { PIECE_BYTES } from '../../../protocols/replica/constants.ts';
import { decodeReplicaImage, encodeReplicaImage } from '../../../protocols/replica/image.ts';
import type { ReplicaHead } from '../../../protocols/replica/replica-fetch.ts';
import type { ReplicaSourceInit } from '../../../protocols/replica/replica-source.ts';
import { seededRandom } from '../../../src/support/random.ts';
import { failureOf } from '../../support/failures.ts';
import { imageHashSeed, randomReplica } from '../../support/replica-images.ts';
import { cutAfter, largeImage, largeImageHash, meetReplica } from '../../support/replica-meeting.ts';
import {
  fetchFrom,
  imageBytes,
  imageSamples,
  imageVector,
  serveReplica,
  watched,
} from '../../support/replica-transfers.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';

/** What a transfer says beside its pieces. */
const MAX_TALK_BYTES = 2_000;

describe('a replica', () => {
  test('comes whole, with what is known of it, and leaves nothing open', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const { fetch, invalid, network } = await meetReplica(world);
      const heads: ReplicaHead[] = [];
      const progress: number[] = [];
      const replica = await fetch({
        wants: (head) => heads.push(head) > 0,
        onProgress: (received, total) => progress.push(received) && expect(total).toBe(largeImage.length),
      });
      const head = {
        vector: imageVector,
        samples: imageSamples,
        imageBytes: largeImage.length,
        imageHash: largeImageHash,
      };
      expect(heads).toEqual([head]);
      expect(replica).toMatchObject(head);
      expect(Buffer.compare(replica!.bytes, largeImage)).toBe(0);
      expect(progress).toEqual([...progress].sort((a, b) => a - b));
      expect(progress).toHaveLength(Math.ceil(largeImage.length / PIECE_BYTES));
      expect(progress.at(-1)).toBe(largeImage.length);
      const overhead = network.traffic().bytesSent - largeImage.length;
      expect(overhead).toBeLessThan(MAX_TALK_BYTES);
      expect(invalid).toEqual([]);
    });
  });

  test('of a real model is what it was at its source', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const { start, image } = randomReplica(seededRandom(3), { size: 40_000, origins: 3, updates: 10 });
      const encoded = encodeReplicaImage(image, start);
      const { fetch } = await meetReplica(world, { image: async () => ({ bytes: encoded, vector: image.vector }) });
      const replica = await fetch();
      expect(decodeReplicaImage(replica!.bytes, { start, hashSeed: imageHashSeed })).toEqual(image);
      expect(replica!.vector).toEqual(image.vector);
    });
  });

  test('that is not wanted costs no more than its head', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const { fetch, network, channels } = await meetReplica(world);
      expect(await fetch({ wants: () => false })).toBe(null);
      await world.pass(1_000);
      expect(network.traffic().bytesSent).toBeLessThan(MAX_TALK_BYTES);
      expect(channels).toHaveLength(1);
    });
  });

  test('is fetched from where its stream broke: the second try brings the rest alone', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const { network, receiver } = await meetReplica(world);
      const channels: Channel[] = [];
      let before = 0;
      const seen = watched(receiver, (channel) => {
        channels.push(channel);
        before = network.traffic().bytesSent;
      });
      let wanted = 0;
      const half = largeImage.length / 2;
      const replica = await fetchFrom(
        's',
        { network: seen, clock: world.clock },
        { wants: () => ++wanted > 0, onProgress: cutAfter(half, channels) },
      );
      expect(Buffer.compare(replica!.bytes, largeImage)).toBe(0);
      expect([channels.length, wanted]).toEqual([2, 1]);
      const second = network.traffic().bytesSent - before;
      expect(second).toBeLessThan(half + MAX_TALK_BYTES);
      expect(second).toBeGreaterThan(half - 2 * PIECE_BYTES);
    });
  });

  test('of which the source has a newer image by then is still fetched to its end', () => {
    const world = new SimulatedWorld({ latencyMs: 10, bytesPerSecond: 2 ** 18 });
    return world.run(async () => {
      let made = 0;
      const image = async () => ({ bytes: made++ === 0 ? largeImage : imageBytes(100), vector: imageVector });
      const { fetch, fetchAs, channels } = await meetReplica(world, { image });
      const onProgress = cutAfter(2 ** 21, channels, () => void fetchAs('late'));
      const replica = await fetch({ onProgress });
      expect(Buffer.compare(replica!.bytes, largeImage)).toBe(0);
      expect(made).toBe(2);
    });
  });

  test.each([true, false])('that the source no longer has starts over where the other one is wanted: %s', (wanted) => {
    const world = new SimulatedWorld();
    const others = imageBytes(2 ** 20, 'others');
    return world.run(async () => {
      const { fetch, channels, receiver } = await meetReplica(world);
      const restart = async () => {
        world.hub.cut('s');
        await world.pass(100);
        const again = await world.start('s', (network) => void serveReplica(network, world.clock, others));
        await receiver.dial(again.addresses[0]!);
      };
      const heads: number[] = [];
      const replica = await fetch({
        wants: (head) => heads.push(head.imageBytes) === 1 || wanted,
        onProgress: cutAfter(2 ** 20, channels, () => void restart()),
      });
      expect(heads).toEqual([largeImage.length, others.length]);
      if (wanted) expect(Buffer.compare(replica!.bytes, others)).toBe(0);
      else expect(replica).toBe(null);
    });
  });

  test.each<[string, Partial<ReplicaSourceInit>]>([
    ['between pieces', {}],
    ['while the source thinks', { image: () => new Promise(() => {}) }],
    ['between tries', { admits: () => false }],
  ])('is given up when the signal aborts %s, at once', (_when, init) => {
    const world = new SimulatedWorld({ latencyMs: 10, bytesPerSecond: 1e6 });
    return world.run(async () => {
      const { fetch } = await meetReplica(world, init);
      const abort = new AbortController();
      const startMs = world.clock.nowMs();
      world.clock.after(1_500, () => abort.abort());
      const { failure } = await failureOf(fetch({ signal: abort.signal }), 'STREAM_CLOSED');
      expect(failure).toMatchObject({ peer: 's' });
      expect(world.clock.nowMs() - startMs).toBe(1_500);
    });
  });

  test('is not asked for where the signal has aborted', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const { fetch, channels } = await meetReplica(world);
      await failureOf(fetch({ signal: AbortSignal.abort() }), 'STREAM_CLOSED');
      await world.pass(1_000);
      expect(channels).toEqual([]);
    });
  });
});
