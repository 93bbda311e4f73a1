import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/support/random.ts';
import { GossipSwarm } from '../../support/gossip-swarm.ts';
import { MemoryWorld } from '../../support/memory-world.ts';

async function swarmOf(world: MemoryWorld, peers: number, feeds: number): Promise<GossipSwarm> {
  const swarm = new GossipSwarm(world, feeds);
  for (let index = 0; index < peers; index++) await swarm.join(`peer-${index}`);
  await world.until(() => swarm.peers.every((peer) => peer.feeds.reaches()));
  return swarm;
}

describe('gossip feeds', () => {
  test.each([
    [16, 3],
    [64, 6],
  ])("of %i peers carry everybody's updates to everybody, with %i feeds each", (peers, feeds) => {
    const world = new MemoryWorld({ latencyMs: 10, jitterMs: 10 });
    return world.run(async () => {
      const swarm = await swarmOf(world, peers, feeds);
      await world.pass(15_000);
      for (const { node } of swarm.peers) node.publish(3);
      const startMs = world.clock.nowMs();
      await world.until(() => swarm.peers.every(({ node }) => node.inbox.arrived.total() === 3 * peers));
      expect(world.clock.nowMs() - startMs).toBeLessThan(1_000);
      await swarm.stop();
      for (const { node } of swarm.peers) expect(node.invalid).toEqual([]);
      expect(swarm.load().feeds).toBeLessThanOrEqual(feeds + 1);
    });
  });

  test.each([1, 2, 3])('go on through crashes (seed %i)', (seed) => {
    const world = new MemoryWorld({ latencyMs: 10, jitterMs: 30 });
    const random = seededRandom(seed);
    return world.run(async () => {
      const swarm = await swarmOf(world, 24, 4);
      for (let round = 0; round < 120; round++) {
        for (const { node } of swarm.peers) {
          if (random.uniform() < 0.5) node.publish(1);
        }
        if (round % 10 === 5) swarm.crash(swarm.peers[1 + random.below(swarm.peers.length - 1)]!);
        await world.pass(200 * random.uniform());
      }
      const startMs = world.clock.nowMs();
      await world.until(() => swarm.isOne());
      expect(world.clock.nowMs() - startMs).toBeLessThan(30_000);
      await swarm.stop();
      for (const { node } of swarm.peers) expect(node.invalid).toEqual([]);
    });
  });
});
