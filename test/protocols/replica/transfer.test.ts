import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { createLibp2pNetwork } from '../../../protocols/libp2p/network.ts';
import type { Channel, Network } from '../../../protocols/network.ts';
import { MAX_TRANSFERS, MAX_TRIES, PIECE_BYTES, STALL_TIMEOUT_MS } from '../../../protocols/replica/constants.ts';
import { decodeReplicaImage, encodeReplicaImage } from '../../../protocols/replica/image.ts';
import type { ReplicaFetchInit, ReplicaHead } from '../../../protocols/replica/replica-fetch.ts';
import type { ReplicaSourceInit } from '../../../protocols/replica/replica-source.ts';
import { MurmurError } from '../../../src/support/errors.ts';
import { seededRandom } from '../../../src/support/random.ts';
import { systemClock } from '../../../src/support/system-clock.ts';
import { failureOf } from '../../support/failures.ts';
import { imageHashSeed, randomReplica } from '../../support/replica-images.ts';
import {
  fetchFrom,
  imageBytes,
  imageSamples,
  imageVector,
  serveReplica,
  watched,
} from '../../support/replica-transfers.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';

/** Three windows of a channel and a bit, so that neither end is on the edge of a piece. */
const bytes = imageBytes(3 * 2 ** 20 + 1234);
const hash = createHash('sha256').update(bytes).digest('hex');
/** What a transfer says beside its pieces. */
const MAX_TALK_BYTES = 2_000;

/** A source that serves `bytes`, and who fetches from it. */
async function meet(world: SimulatedWorld, init: Partial<ReplicaSourceInit> = {}) {
  let served!: ReturnType<typeof serveReplica>;
  const network = await world.start('s', (prepared) => {
    served = serveReplica(prepared, world.clock, bytes, init);
  });
  const receiver = await world.start('r');
  await receiver.dial(network.addresses[0]!);
  const channels: Channel[] = [];
  const seen = watched(receiver, (channel) => channels.push(channel));
  const fetch = (how: Partial<ReplicaFetchInit> = {}) => fetchFrom('s', { network: seen, clock: world.clock }, how);
  return { ...served, network, receiver, channels, fetch };
}

/** Aborts the last channel once so many bytes have come, and runs `then`. */
function cutAfter(limit: number, channels: readonly Channel[], then: () => void = () => {}) {
  let cut = false;
  return (received: number) => {
    if (cut || received < limit) return;
    cut = true;
    channels.at(-1)!.abort();
    then();
  };
}

describe('a replica', () => {
  test('comes whole, with what is known of it, and leaves nothing open', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const { fetch, invalid, network } = await meet(world);
      const heads: ReplicaHead[] = [];
      const progress: number[] = [];
      const replica = await fetch({
        wants: (head) => heads.push(head) > 0,
        onProgress: (received, total) => progress.push(received) && expect(total).toBe(bytes.length),
      });
      const head = { vector: imageVector, samples: imageSamples, imageBytes: bytes.length, imageHash: hash };
      expect(heads).toEqual([head]);
      expect(replica).toMatchObject(head);
      expect(Buffer.compare(replica!.bytes, bytes)).toBe(0);
      expect(progress).toEqual([...progress].sort((a, b) => a - b));
      expect(progress).toHaveLength(Math.ceil(bytes.length / PIECE_BYTES));
      expect(progress.at(-1)).toBe(bytes.length);
      const overhead = network.traffic().bytesSent - bytes.length;
      expect(overhead).toBeLessThan(MAX_TALK_BYTES);
      expect(invalid).toEqual([]);
    });
  });

  test('of a real model is what it was at its source', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const { start, image } = randomReplica(seededRandom(3), { size: 40_000, origins: 3, updates: 10 });
      const encoded = encodeReplicaImage(image, start);
      const { fetch } = await meet(world, { image: async () => ({ bytes: encoded, vector: image.vector }) });
      const replica = await fetch();
      expect(decodeReplicaImage(replica!.bytes, { start, hashSeed: imageHashSeed })).toEqual(image);
      expect(replica!.vector).toEqual(image.vector);
    });
  });

  test('that is not wanted costs no more than its head', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const { fetch, network, channels } = await meet(world);
      expect(await fetch({ wants: () => false })).toBe(null);
      await world.pass(1_000);
      expect(network.traffic().bytesSent).toBeLessThan(MAX_TALK_BYTES);
      expect(channels).toHaveLength(1);
    });
  });

  test('is fetched from where its stream broke: the second try brings the rest alone', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const { network, receiver } = await meet(world);
      const channels: Channel[] = [];
      let before = 0;
      const seen = watched(receiver, (channel) => {
        channels.push(channel);
        before = network.traffic().bytesSent;
      });
      let wanted = 0;
      const half = bytes.length / 2;
      const replica = await fetchFrom(
        's',
        { network: seen, clock: world.clock },
        { wants: () => ++wanted > 0, onProgress: cutAfter(half, channels) },
      );
      expect(Buffer.compare(replica!.bytes, bytes)).toBe(0);
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
      const image = async () => ({ bytes: made++ === 0 ? bytes : imageBytes(100), vector: imageVector });
      const { fetch, channels, network } = await meet(world, { image });
      const onProgress = cutAfter(2 ** 21, channels, () => {
        void world
          .start('late')
          .then((late) =>
            late.dial(network.addresses[0]!).then(() => fetchFrom('s', { network: late, clock: world.clock })),
          );
      });
      const replica = await fetch({ onProgress });
      expect(Buffer.compare(replica!.bytes, bytes)).toBe(0);
      expect(made).toBe(2);
    });
  });

  test.each([true, false])('that the source no longer has starts over where the other one is wanted: %s', (wanted) => {
    const world = new SimulatedWorld();
    const others = imageBytes(2 ** 20, 'others');
    return world.run(async () => {
      const { fetch, channels, receiver } = await meet(world);
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
      expect(heads).toEqual([bytes.length, others.length]);
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
      const { fetch } = await meet(world, init);
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
      const { fetch, channels } = await meet(world);
      await failureOf(fetch({ signal: AbortSignal.abort() }), 'STREAM_CLOSED');
      await world.pass(1_000);
      expect(channels).toEqual([]);
    });
  });
});

describe('a source', () => {
  test('makes one image for receivers that come together, and a newer one later', () => {
    const world = new SimulatedWorld({ latencyMs: 10, bytesPerSecond: 1e8 });
    let made = 0;
    return world.run(async () => {
      const image = async () => {
        made++;
        await world.pass(300);
        return { bytes, vector: imageVector };
      };
      const { fetch, network } = await meet(world, { image });
      const fetchAs = async (name: string) => {
        const receiver = await world.start(name);
        await receiver.dial(network.addresses[0]!);
        return fetchFrom('s', { network: receiver, clock: world.clock });
      };
      const replicas = await Promise.all([fetch(), fetchAs('a'), fetchAs('b'), fetchAs('c')]);
      for (const replica of replicas) expect(Buffer.compare(replica!.bytes, bytes)).toBe(0);
      expect(made).toBe(1);
      await world.pass(10_000);
      await fetchAs('d');
      expect(made).toBe(2);
    });
  });

  test(`serves ${MAX_TRANSFERS} at once; one more waits for its turn`, () => {
    const world = new SimulatedWorld({ latencyMs: 10, bytesPerSecond: 4e6 });
    return world.run(async () => {
      const { network } = await meet(world);
      let [served, most] = [0, 0];
      const fetchAs = async (name: string) => {
        const receiver = await world.start(name);
        await receiver.dial(network.addresses[0]!);
        let started = false;
        const onProgress = () => {
          if (!started) most = Math.max(most, ++served);
          started = true;
        };
        const replica = await fetchFrom('s', { network: receiver, clock: world.clock }, { onProgress });
        served--;
        return replica;
      };
      const names = Array.from({ length: MAX_TRANSFERS + 2 }, (_, n) => `r${n}`);
      for (const replica of await Promise.all(names.map(fetchAs))) expect(replica!.imageHash).toBe(hash);
      expect(most).toBe(MAX_TRANSFERS);
    });
  });

  test('that stays busy is left after MAX_TRIES', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const { fetch, network, channels } = await meet(world, { image: () => new Promise(() => {}) });
      for (let n = 0; n < MAX_TRANSFERS; n++) {
        const receiver = await world.start(`r${n}`);
        await receiver.dial(network.addresses[0]!);
        fetchFrom('s', { network: receiver, clock: world.clock }).catch(() => {});
      }
      await world.pass(100);
      const { failure } = await failureOf(fetch(), 'STREAM_CLOSED');
      expect(failure).toMatchObject({ peer: 's', problem: expect.stringContaining('too many') });
      expect(channels).toHaveLength(MAX_TRIES);
    });
  });

  test('serves one transfer a receiver: a second one ends the first', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const { fetch, channels } = await meet(world);
      let second: ReturnType<typeof fetch> | undefined;
      const first = fetch({
        onProgress: () => {
          second ??= fetch();
        },
      });
      expect((await first)!.imageHash).toBe(hash);
      expect((await second)!.imageHash).toBe(hash);
      expect(channels.length).toBeGreaterThan(2);
    });
  });

  test('turns away whom it does not admit, until it does', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      let admitted = false;
      const { fetch, network, invalid } = await meet(world, { admits: () => admitted });
      await failureOf(fetch(), 'STREAM_CLOSED');
      expect(network.traffic().bytesSent).toBe(0);
      world.clock.after(2_000, () => {
        admitted = true;
      });
      expect((await fetch())!.imageHash).toBe(hash);
      expect(invalid).toEqual([]);
    });
  });

  test('whose replica cannot be read just then is asked again', () => {
    const world = new SimulatedWorld();
    let asked = 0;
    return world.run(async () => {
      const { fetch } = await meet(world, {
        image: async () => {
          if (++asked < 3) throw new MurmurError({ code: 'TIMED_OUT', waitedFor: 'it', timeoutMs: 1, mend: 'wait' });
          return { bytes, vector: imageVector };
        },
      });
      expect((await fetch())!.imageHash).toBe(hash);
    });
  });

  test('that stops ends what is under way, and serves nobody any more', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const { fetch, source, channels } = await meet(world);
      let most = 0;
      const onProgress = (received: number) => {
        source.stop();
        most = received;
      };
      await failureOf(fetch({ onProgress }), 'STREAM_CLOSED');
      expect(channels).toHaveLength(MAX_TRIES);
      expect(most).toBeLessThan(bytes.length / 2);
    });
  });

  test('that dies while it is asked is waited for no longer than its stall takes', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const { fetch, channels } = await meet(world, { image: () => new Promise(() => {}) });
      await failureOf(fetch(), 'TIMED_OUT');
      expect(channels).toHaveLength(MAX_TRIES);
      expect(world.clock.nowMs()).toBeGreaterThan(MAX_TRIES * STALL_TIMEOUT_MS);
      expect(world.clock.nowMs()).toBeLessThan((MAX_TRIES + 1) * STALL_TIMEOUT_MS);
    });
  });
});

describe('over libp2p', () => {
  const started: Network[] = [];
  afterEach(() => Promise.all(started.splice(0).map((network) => network.stop())));

  async function start(prepare: (network: Network) => void = () => {}): Promise<Network> {
    const network = await createLibp2pNetwork({ listen: ['/ip4/127.0.0.1/tcp/0'] });
    prepare(network);
    await network.start();
    started.push(network);
    return network;
  }

  test('a replica comes whole, and the rest of it alone where its stream was cut', async () => {
    const network = await start((prepared) => void serveReplica(prepared, systemClock, bytes));
    const receiver = await start();
    await receiver.dial(network.addresses[0]!);
    const channels: Channel[] = [];
    let before = 0;
    const seen = watched(receiver, (channel) => {
      channels.push(channel);
      before = receiver.traffic().bytesReceived;
    });
    const half = bytes.length / 2;
    const components = { network: seen, clock: systemClock };
    const replica = await fetchFrom(network.self, components, { onProgress: cutAfter(half, channels) });
    expect(Buffer.compare(replica!.bytes, bytes)).toBe(0);
    expect(replica!.imageHash).toBe(hash);
    expect(channels).toHaveLength(2);
    const second = receiver.traffic().bytesReceived - before;
    expect(second).toBeLessThan(1.02 * half + PIECE_BYTES);
    expect(second).toBeGreaterThan(half - 2 * PIECE_BYTES);
  });

  test('one that is not wanted leaves the connection as it was', async () => {
    const network = await start((prepared) => void serveReplica(prepared, systemClock, bytes));
    const receiver = await start();
    await receiver.dial(network.addresses[0]!);
    const components = { network: receiver, clock: systemClock };
    expect(await fetchFrom(network.self, components, { wants: () => false })).toBe(null);
    expect((await fetchFrom(network.self, components))!.imageHash).toBe(hash);
  });
});
