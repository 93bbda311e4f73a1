import { describe, expect, test } from 'vitest';
import { ENTRY_OVERHEAD_BYTES } from '../../../src/sum/update-log.ts';
import { VersionVector } from '../../../src/sum/version-vector.ts';
import { labels, originOf } from '../../support/labelled-frames.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';
import { UpdateReader } from '../../support/update-reader.ts';
import { UpdateServer } from '../../support/update-server.ts';

describe('a feed', () => {
  test('learns that it is too far behind where the log no longer reaches, once, and gets all else', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const server = await UpdateServer.start(world, 's', { logBytes: 5 * (100 + ENTRY_OVERHEAD_BYTES) });
      server.publish(originOf('s'), 7);
      server.publish(originOf('a'), 1);
      // 800 bytes were published: three of the seven have gone.
      const arrived = new VersionVector([[originOf('s'), 2]]);
      const client = await world.connected('r', server.network);
      const behind = new UpdateReader(world, client, 's', { scope: ['s', 'a'], arrived });
      await world.until(() => behind.levels === 1);
      server.publish(originOf('a'), 2);
      await world.until(() => behind.levels === 2);
      expect(behind.tooFarBehind).toEqual([[originOf('s'), 3]]);
      expect(behind.received).toEqual(labels(originOf('a'), 0, 2));
      const near = new UpdateReader(world, client, 's', { arrived: new VersionVector([[originOf('s'), 4]]) });
      await world.until(() => near.levels === 1);
      expect([near.received, near.tooFarBehind]).toEqual([labels(originOf('s'), 4, 7), []]);
    });
  });

  test('learns that it is too far behind also where the log moves past it while it is slow', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const server = await UpdateServer.start(world, 's', { logBytes: 5 * (100 + ENTRY_OVERHEAD_BYTES) });
      const reader = new UpdateReader(world, await world.connected('r', server.network), 's', {
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

  test('that was too far behind gets what it lacks, once the log reaches it again', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const server = await UpdateServer.start(world, 's');
      server.log.restart(originOf('s'), 20);
      const client = await world.connected('r', server.network);
      const arrived = new VersionVector([[originOf('s'), 5]]);
      const reader = new UpdateReader(world, client, 's', { arrived });
      await world.until(() => reader.levels > 0);
      expect(reader.tooFarBehind).toEqual([[originOf('s'), 20]]);
      server.log.restart(originOf('s'), 5);
      server.publish(originOf('s'), 12);
      await world.until(() => reader.received.length === 7);
      expect(reader.received).toEqual(labels(originOf('s'), 5, 12));
    });
  });
});
