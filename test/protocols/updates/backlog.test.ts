import { describe, expect, test } from 'vitest';
import { STALL_PATIENCE_MS } from '../../../protocols/updates/constants.ts';
import { originOf } from '../../support/labelled-frames.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';
import { UpdateReader } from '../../support/update-reader.ts';
import { UpdateServer } from '../../support/update-server.ts';

describe('a feed', () => {
  test('that is slow does not slow another, and counts in the backlog alone', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const server = await UpdateServer.start(world, 's');
      const slow = new UpdateReader(world, await world.connected('slow', server.network), 's', {
        windowBytes: 500,
        takes: false,
      });
      const fast = new UpdateReader(world, await world.connected('fast', server.network), 's', { windowBytes: 500 });
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
    const world = new SimulatedWorld();
    return world.run(async () => {
      const server = await UpdateServer.start(world, 's');
      const stalled = new UpdateReader(world, await world.connected('r', server.network), 's', {
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

  test('of another scope says nothing about own updates', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const server = await UpdateServer.start(world, 's');
      server.publish(originOf('s'), 5);
      const reader = new UpdateReader(world, await world.connected('r', server.network), 's', { scope: ['a'] });
      await world.until(() => reader.levels === 1);
      expect(server.source.backlog(5, () => true, world.clock.nowMs())).toBe(0);
      expect(server.source.hasTaken('r', 0)).toBe(false);
    });
  });

  test('that is catching up is not waited for until it has once had everything', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const server = await UpdateServer.start(world, 's');
      server.publish(originOf('s'), 200);
      const client = await world.connected('r', server.network);
      const reader = new UpdateReader(world, client, 's', { windowBytes: 500, takes: false });
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

  test('tells what was taken at half a window at the latest, so that source and receiver never wait for each other', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const server = await UpdateServer.start(world, 's');
      const client = await world.connected('r', server.network);
      const reader = new UpdateReader(world, client, 's', { windowBytes: 500, tellEvery: 1000 });
      await world.until(() => reader.levels > 0);
      server.publish(originOf('s'), 200);
      await world.until(() => reader.received.length === 200);
      expect(server.source.backlog(200, () => true, world.clock.nowMs())).toBeGreaterThan(0);
      reader.feed.tell();
      await world.pass(100);
      expect(server.source.backlog(200, () => true, world.clock.nowMs())).toBe(0);
    });
  });
});
