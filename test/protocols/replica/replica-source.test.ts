import { describe, expect, test } from 'vitest';
import { MAX_TRANSFERS, MAX_TRIES, STALL_TIMEOUT_MS } from '../../../protocols/replica/constants.ts';
import { MurmurError } from '../../../src/support/errors.ts';
import { failureOf } from '../../support/failures.ts';
import { largeImage, largeImageHash, meetReplica } from '../../support/replica-meeting.ts';
import { imageVector } from '../../support/replica-transfers.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';

describe('a source', () => {
  test('makes one image for receivers that come together, and a newer one later', () => {
    const world = new SimulatedWorld({ latencyMs: 10, bytesPerSecond: 1e8 });
    let made = 0;
    return world.run(async () => {
      const image = async () => {
        made++;
        await world.pass(300);
        return { bytes: largeImage, vector: imageVector };
      };
      const { fetch, fetchAs } = await meetReplica(world, { image });
      const replicas = await Promise.all([fetch(), fetchAs('a'), fetchAs('b'), fetchAs('c')]);
      for (const replica of replicas) expect(Buffer.compare(replica!.bytes, largeImage)).toBe(0);
      expect(made).toBe(1);
      await world.pass(10_000);
      await fetchAs('d');
      expect(made).toBe(2);
    });
  });

  test(`serves ${MAX_TRANSFERS} at once; one more waits for its turn`, () => {
    const world = new SimulatedWorld({ latencyMs: 10, bytesPerSecond: 4e6 });
    return world.run(async () => {
      const { fetchAs } = await meetReplica(world);
      let [served, most] = [0, 0];
      const counted = async (name: string) => {
        let started = false;
        const onProgress = () => {
          if (!started) most = Math.max(most, ++served);
          started = true;
        };
        const replica = await fetchAs(name, { onProgress });
        served--;
        return replica;
      };
      const names = Array.from({ length: MAX_TRANSFERS + 2 }, (_, n) => `r${n}`);
      for (const replica of await Promise.all(names.map(counted))) expect(replica!.imageHash).toBe(largeImageHash);
      expect(most).toBe(MAX_TRANSFERS);
    });
  });

  test('that stays busy is left after MAX_TRIES', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const { fetch, fetchAs, channels } = await meetReplica(world, { image: () => new Promise(() => {}) });
      for (let n = 0; n < MAX_TRANSFERS; n++) fetchAs(`r${n}`).catch(() => {});
      await world.pass(100);
      const { failure } = await failureOf(fetch(), 'STREAM_CLOSED');
      expect(failure).toMatchObject({ peer: 's', problem: expect.stringContaining('too many') });
      expect(channels).toHaveLength(MAX_TRIES);
    });
  });

  test('serves one transfer a receiver: a second one ends the first', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const { fetch, channels } = await meetReplica(world);
      let second: ReturnType<typeof fetch> | undefined;
      const first = fetch({
        onProgress: () => {
          second ??= fetch();
        },
      });
      expect((await first)!.imageHash).toBe(largeImageHash);
      expect((await second)!.imageHash).toBe(largeImageHash);
      expect(channels.length).toBeGreaterThan(2);
    });
  });

  test('turns away whom it does not admit, until it does', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      let admitted = false;
      const { fetch, network, invalid } = await meetReplica(world, { admits: () => admitted });
      await failureOf(fetch(), 'STREAM_CLOSED');
      expect(network.traffic().bytesSent).toBe(0);
      world.clock.after(2_000, () => {
        admitted = true;
      });
      expect((await fetch())!.imageHash).toBe(largeImageHash);
      expect(invalid).toEqual([]);
    });
  });

  test('whose replica cannot be read just then is asked again', () => {
    const world = new SimulatedWorld();
    let asked = 0;
    return world.run(async () => {
      const { fetch } = await meetReplica(world, {
        image: async () => {
          if (++asked < 3) throw new MurmurError({ code: 'TIMED_OUT', waitedFor: 'it', timeoutMs: 1, mend: 'wait' });
          return { bytes: largeImage, vector: imageVector };
        },
      });
      expect((await fetch())!.imageHash).toBe(largeImageHash);
    });
  });

  test('that stops ends what is under way, and serves nobody any more', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const { fetch, source, channels } = await meetReplica(world);
      let most = 0;
      const onProgress = (received: number) => {
        source.stop();
        most = received;
      };
      await failureOf(fetch({ onProgress }), 'STREAM_CLOSED');
      expect(channels).toHaveLength(MAX_TRIES);
      expect(most).toBeLessThan(largeImage.length / 2);
    });
  });

  test('that dies while it is asked is waited for no longer than its stall takes', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const { fetch, channels } = await meetReplica(world, { image: () => new Promise(() => {}) });
      await failureOf(fetch(), 'TIMED_OUT');
      expect(channels).toHaveLength(MAX_TRIES);
      expect(world.clock.nowMs()).toBeGreaterThan(MAX_TRIES * STALL_TIMEOUT_MS);
      expect(world.clock.nowMs()).toBeLessThan((MAX_TRIES + 1) * STALL_TIMEOUT_MS);
    });
  });
});
