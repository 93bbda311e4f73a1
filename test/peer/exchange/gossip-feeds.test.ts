import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shareOut } from '../../../peer/exchange/gossip-feeds.ts';
import { upwards } from '../../../peer/membership/fingers.ts';
import { distance, placeOf, scopeTest } from '../../../protocols/updates/scope.ts';
import { seededRandom } from '../../../src/support/random.ts';
import { GossipSwarm } from '../../support/gossip-swarm.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';

async function swarmOf(world: SimulatedWorld, peers: number, feeds: number): Promise<GossipSwarm> {
  const swarm = new GossipSwarm(world, feeds);
  for (let index = 0; index < peers; index++) await swarm.join(`peer-${index}`);
  await world.until(() => swarm.peers.every((peer) => peer.feeds.reaches()));
  return swarm;
}

test('sources share out the whole ring: everybody is in one scope and no other, or a stray', () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-z0-9]{1,4}$/), { minLength: 2, maxLength: 40 });
  fc.assert(
    fc.property(names, fc.nat(), fc.nat(), ([self, ...others], sources, strays) => {
      const chosen = upwards(placeOf(self!), others.slice(0, 1 + (sources % 8)));
      const left = others.filter((_, index) => strays & (1 << index));
      const scopes = [...shareOut(chosen, left)];
      for (const name of others) {
        const holders = scopes.filter(([, scope]) => scopeTest(scope, self!)(name));
        expect(holders).toHaveLength(left.includes(name) ? 0 : 1);
        // Whoever brings it is on the way there.
        const steps = (to: string) => distance(placeOf(self!), placeOf(to));
        for (const [source] of holders) {
          expect(steps(source) <= steps(name) || steps(name) < steps(chosen[0]!)).toBe(true);
        }
      }
    }),
  );
});

describe('gossip feeds', () => {
  test.each([
    [16, 3],
    [64, 6],
  ])("of %i peers carry everybody's updates to everybody, with %i feeds each", (peers, feeds) => {
    const world = new SimulatedWorld({ latencyMs: 10, jitterMs: 10 });
    return world.run(async () => {
      const swarm = await swarmOf(world, peers, feeds);
      await world.pass(15_000);
      // As the swarm grows others become the better neighbours: dialled at once, these were twice as many as are needed.
      expect(swarm.connections).toBeLessThan(1.8 * peers * feeds);
      for (const { node } of swarm.peers) node.publish(3);
      const startMs = world.clock.nowMs();
      await world.until(() => swarm.peers.every(({ node }) => node.inbox.arrived.total() === 3 * peers));
      expect(world.clock.nowMs() - startMs).toBeLessThan(1_000);
      await swarm.stop();
      for (const { node } of swarm.peers) expect(node.invalid).toEqual([]);
      expect([swarm.overlaps, swarm.tooFarBehind]).toEqual([0, []]);
      expect(swarm.handOvers).toBeGreaterThan(50);
      expect(swarm.load().feeds).toBeLessThanOrEqual(feeds + 1);
    });
  });

  test.each([1, 2, 3])('go on through crashes (seed %i)', (seed) => {
    const world = new SimulatedWorld({ latencyMs: 10, jitterMs: 30 });
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
      // Too far behind somebody may be for a moment: where it has a part of what others hold merged.
      expect(swarm.overlaps).toBe(0);
      expect(swarm.handOvers).toBeGreaterThan(50);
    });
  });

  test('bring back to a peer, and to all, what a former process of it published, and what one did whom nobody has met', () => {
    const world = new SimulatedWorld({ latencyMs: 10 });
    return world.run(async () => {
      const swarm = await swarmOf(world, 7, 2);
      const [one, ...others] = swarm.peers;
      others[2]!.node.hold(`${one!.node.network.self}/00000000000000ff`, 3);
      others[4]!.node.hold('nobody/0000000000000001', 5);
      await world.until(() => swarm.isOne());
      expect(one!.node.inbox.arrived.total()).toBe(8);
      await swarm.stop();
      expect(swarm.overlaps).toBe(0);
    });
  });
});
