import { expect, test } from 'vitest';
import { DirectFeeds } from '../../peer/exchange/direct-feeds.ts';
import { lingerMs, sayFarewell, TOGETHER_MS } from '../../peer/farewell.ts';
import type { PeerState } from '../../protocols/status/messages.ts';
import { StatusBoard } from '../../protocols/status/status-board.ts';
import type { PeerName } from '../../src/sum/origin.ts';
import { frameLayout } from '../support/frames.ts';
import { SimulatedWorld } from '../support/simulated-world.ts';
import { UpdateNode } from '../support/update-node.ts';

/** A peer without a replica: it exchanges updates and statuses, and can say farewell. */
const PLANNED = 3;

interface Leaver {
  readonly node: UpdateNode;
  readonly feeds: DirectFeeds;
  state: PeerState;
  farewell(alone?: boolean, relayed?: boolean): Promise<boolean>;
}

async function leaverOf(world: SimulatedWorld, name: PeerName): Promise<Leaver> {
  let board!: StatusBoard;
  const node = await UpdateNode.start(world, name, (node, network) => {
    board = new StatusBoard(
      { network, clock: world.clock },
      {
        topic: 'statuses',
        compose: () => ({
          origin: node.origin,
          state: leaver.state,
          samples: 0,
          published: node.published,
          confirmedAtSamples: null,
          addresses: [],
          applied:
            leaver.state === 'finishing'
              ? { updates: node.inbox.arrived.total(), digest: node.inbox.arrived.digest() }
              : null,
          vector: null,
        }),
        peers: () => 1,
        knows: () => true,
        receive: (from, status) => node.members.heard(from, status),
        onInvalid: node.onInvalid,
      },
    );
  });
  const { network, members, inbox, source } = node;
  const feeds = new DirectFeeds(
    { network, clock: world.clock, members, inbox },
    {
      layout: frameLayout,
      tellEvery: 1,
      onInvalid: node.onInvalid,
      onTooFarBehind: () => expect.fail('nothing is evicted'),
    },
  );
  const leaver: Leaver = {
    node,
    feeds,
    state: 'training',
    farewell: (alone = false, relayed = false) => {
      leaver.state = 'finishing';
      return sayFarewell(
        { clock: world.clock, members, inbox, source },
        {
          planned: PLANNED,
          published: () => node.published,
          alone,
          relayed,
          waiting: () => inbox.waiting > 0,
          absorb: async () => {
            await world.pass(30);
            node.absorb();
          },
          announce: () => board.announce(),
        },
      );
    },
  };
  return leaver;
}

async function swarm(world: SimulatedWorld, ...names: PeerName[]): Promise<Leaver[]> {
  const leavers: Leaver[] = [];
  for (const name of names) {
    const leaver = await leaverOf(world, name);
    for (const other of leavers) {
      await leaver.node.meet(other.node);
      leaver.feeds.follow(other.node.network.self);
      other.feeds.follow(name);
    }
    leavers.push(leaver);
  }
  await world.pass(200);
  return leavers;
}

test('peers that finish together leave with equal vectors, well before the timeout', () => {
  const world = new SimulatedWorld({ latencyMs: 40, jitterMs: 30 });
  return world.run(async () => {
    const leavers = await swarm(world, 'a', 'b', 'c');
    const startMs = world.clock.nowMs();
    leavers.forEach(({ node }, i) => node.publish(3 + i));
    expect(await Promise.all(leavers.map((leaver) => leaver.farewell()))).toEqual([true, true, true]);
    expect(world.clock.nowMs() - startMs).toBeLessThan(2000);
    for (const { node } of leavers) {
      expect(node.inbox.waiting).toBe(0);
      expect(node.inbox.arrived.equals(leavers[0]!.node.inbox.arrived)).toBe(true);
      expect(node.inbox.arrived.get('c/0000000000000001')).toBe(5);
    }
    await Promise.all(leavers.map(({ feeds }) => feeds.stop()));
  });
});

test('a peer waits for those that finish later', () => {
  const world = new SimulatedWorld();
  return world.run(async () => {
    const [a, b] = (await swarm(world, 'a', 'b')) as [Leaver, Leaver];
    a.node.publish(1);
    const early = a.farewell();
    await world.pass(lingerMs(PLANNED) / 2);
    b.node.publish(2);
    expect(await Promise.all([early, b.farewell()])).toEqual([true, true]);
  });
});

test('no peer waits longer than it may for one that never finishes', () => {
  const world = new SimulatedWorld();
  return world.run(async () => {
    const [a] = (await swarm(world, 'a', 'b')) as [Leaver, Leaver];
    a.node.publish(1);
    const startMs = world.clock.nowMs();
    expect(await a.farewell()).toBe(false);
    expect(world.clock.nowMs() - startMs).toBe(lingerMs(PLANNED));
  });
});

test('a peer that leaves alone goes when the others have taken what it published', () => {
  const world = new SimulatedWorld();
  return world.run(async () => {
    const [a, b] = (await swarm(world, 'a', 'b')) as [Leaver, Leaver];
    a.node.publish(4);
    let gone = false;
    const leaving = a.farewell(true).then((covered) => {
      gone = true;
      return covered;
    });
    await world.pass(1000);
    expect([gone, b.node.inbox.waiting]).toEqual([false, 4]);
    b.node.absorb();
    expect(await leaving).toBe(true);
  });
});

test('a peer whose updates are passed on goes when those who take them from it have', () => {
  const world = new SimulatedWorld();
  return world.run(async () => {
    const [a, b, c] = (await swarm(world, 'a', 'b', 'c')) as [Leaver, Leaver, Leaver];
    for (const { feeds } of [b, c]) await feeds.stop();
    a.node.publish(4);
    // Nobody has them.
    expect(await a.farewell(true, true)).toBe(false);
    const taking = b.node.feedOf(world, 'a', ['a']);
    await world.until(() => b.node.inbox.waiting === 4);
    b.node.absorb();
    expect(await a.farewell(true, true)).toBe(true);
    expect(await a.farewell(true, false)).toBe(false);
    await taking.stop();
  });
});

test('peers that are told to stop at about the same time end with the same updates', () => {
  const world = new SimulatedWorld({ latencyMs: 40, jitterMs: 30 });
  return world.run(async () => {
    const leavers = await swarm(world, 'a', 'b', 'c');
    const leaving: Promise<boolean>[] = [];
    for (const leaver of leavers) {
      leaving.push(leaver.farewell(true));
      await world.pass(TOGETHER_MS / 5);
      // Those that were not told yet go on.
      for (const { node, state } of leavers) if (state === 'training') node.publish(3);
    }
    expect(await Promise.all(leaving)).toEqual([true, true, true]);
    for (const { node } of leavers) expect(node.inbox.taken.equals(leavers[0]!.node.inbox.taken)).toBe(true);
    await Promise.all(leavers.map(({ feeds }) => feeds.stop()));
  });
});

test('who is alone, or has shared nothing, leaves at once', () => {
  const world = new SimulatedWorld();
  return world.run(async () => {
    const [a, b] = (await swarm(world, 'a', 'b')) as [Leaver, Leaver];
    const startMs = world.clock.nowMs();
    expect(await a.farewell()).toBe(true);
    b.node.publish(1);
    b.node.members.disconnected('a');
    expect(await b.farewell()).toBe(true);
    expect(world.clock.nowMs()).toBe(startMs);
  });
});

test('nobody waits for a peer that is found to be gone meanwhile', () => {
  const world = new SimulatedWorld();
  return world.run(async () => {
    const [a] = (await swarm(world, 'a', 'b')) as [Leaver, Leaver];
    a.node.publish(1);
    const leaving = a.farewell();
    await world.pass(1000);
    const startMs = world.clock.nowMs();
    world.hub.cut('b');
    a.node.members.disconnected('b');
    expect(await leaving).toBe(true);
    expect(world.clock.nowMs()).toBe(startMs);
  });
});
