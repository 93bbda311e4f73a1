import { describe, expect, test } from 'vitest';
import { DirectFeeds } from '../../../peer/exchange/direct-feeds.ts';
import { SILENT_AFTER_MS } from '../../../peer/membership/members.ts';
import type { Network } from '../../../protocols/network.ts';
import { UPDATES_PROTOCOL } from '../../../protocols/updates/constants.ts';
import { encodeSourceMessage, type SourceMessage } from '../../../protocols/updates/messages.ts';
import type { OriginKey, PeerName } from '../../../src/sum/origin.ts';
import { frameLayout, frameOf } from '../../support/frames.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';
import { UpdateNode } from '../../support/update-node.ts';

/** The feeds of a node, following these from the start. */
function feedsOf(world: SimulatedWorld, node: UpdateNode, ...followed: PeerName[]) {
  const tooFarBehind: OriginKey[] = [];
  const { network, members, inbox, onInvalid } = node;
  const feeds = new DirectFeeds(
    { network, clock: world.clock, members, inbox },
    { layout: frameLayout, tellEvery: 1, onInvalid, onTooFarBehind: (origin) => tooFarBehind.push(origin) },
  );
  for (const peer of followed) feeds.follow(peer);
  return Object.assign(feeds, { tooFarBehind });
}

describe('direct feeds', () => {
  test('bring the updates of everyone they follow, each once', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const [a, b, c] = await UpdateNode.startAll(world, 'a', 'b', 'c');
      await c.meet(a);
      await c.meet(b);
      a.publish(5);
      const feeds = feedsOf(world, c);
      expect(feeds.reaches('a')).toBe(false);
      for (const name of ['a', 'b', 'a']) feeds.follow(name);
      await world.until(() => feeds.reaches('a') && feeds.reaches('b'));
      b.publish(3);
      await world.until(() => c.inbox.waiting === 8);
      c.absorb();
      await world.until(() => a.source.hasTaken('c', 5) && b.source.hasTaken('c', 3));
      await feeds.stop();
      expect([...c.inbox.arrived.entries()]).toEqual([
        [a.origin, 5],
        [b.origin, 3],
      ]);
      expect([...a.invalid, ...b.invalid, ...c.invalid, ...feeds.tooFarBehind]).toEqual([]);
    });
  });

  test('bring the updates of a silent origin from the logs of others', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const [a, b, c, d] = await UpdateNode.startAll(world, 'a', 'b', 'c', 'd');
      for (const node of [b, c]) await node.meet(a);
      await b.meet(c);
      await d.meet(b);
      await d.meet(c);
      a.publish(4);
      // B has all that A published, C only what A published before.
      const ofB = feedsOf(world, b, 'a');
      const ofC = feedsOf(world, c, 'a');
      await world.until(() => b.inbox.waiting === 4 && c.inbox.waiting === 4);
      await ofC.stop();
      a.publish(3);
      await world.until(() => b.inbox.waiting === 7);
      world.hub.cut('a');
      b.members.disconnected('a');
      c.members.disconnected('a');
      // D has never met A.
      const ofD = feedsOf(world, d, 'a');
      await world.until(() => d.inbox.arrived.get(a.origin) === 7);
      const ofCAgain = feedsOf(world, c, 'a');
      await world.until(() => c.inbox.arrived.get(a.origin) === 7);
      expect(d.absorb().length + c.absorb().length).toBe(14);
      expect([...b.invalid, ...c.invalid, ...d.invalid]).toEqual([]);
      await Promise.all([ofB.stop(), ofCAgain.stop(), ofD.stop()]);
    });
  });

  test('return to an origin that is back, without a gap or a repetition', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const [a, b, c] = await UpdateNode.startAll(world, 'a', 'b', 'c');
      await b.meet(a);
      await c.meet(b);
      const ofB = feedsOf(world, b, 'a');
      a.publish(3);
      const ofC = feedsOf(world, c, 'a');
      await world.until(() => c.inbox.arrived.get(a.origin) === 3);
      await c.meet(a);
      await world.until(() => ofC.reaches('a'));
      a.publish(2);
      await world.until(() => c.inbox.arrived.get(a.origin) === 5);
      expect(c.absorb()).toHaveLength(5);
      await Promise.all([ofB.stop(), ofC.stop()]);
    });
  });

  test('wait for somebody to ask, and end when they are stopped', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const [a, c] = await UpdateNode.startAll(world, 'a', 'c');
      const feeds = feedsOf(world, c, 'a');
      await world.pass(10_000);
      a.publish(1);
      await c.meet(a);
      await world.until(() => c.inbox.waiting === 1);
      const lonely = feedsOf(world, a, 'nobody');
      await Promise.all([feeds.stop(), lonely.stop()]);
    });
  });
});

/** A peer that has stopped in the middle: its connections stand, and nothing comes of them. */
function frozen(world: SimulatedWorld, name: string): Promise<Network> {
  return world.start(name, (network) => network.handle(UPDATES_PROTOCOL, { maxMessageBytes: 2 ** 20 }, () => {}));
}

test('a peer that is frozen counts as silent: its updates come from others meanwhile', () => {
  const world = new SimulatedWorld();
  return world.run(async () => {
    const a = await frozen(world, 'a');
    const [b, c] = await UpdateNode.startAll(world, 'b', 'c');
    await c.meet(b);
    await c.dial(a);
    const origin = 'a/0000000000000001';
    b.inbox.acceptOwn(origin, 1, frameOf(1));
    const feeds = feedsOf(world, c, 'a');
    await world.pass(SILENT_AFTER_MS + 1);
    expect(c.inbox.waiting).toBe(0);
    c.members.admit('b');
    c.members.suspectSilent();
    await world.until(() => c.inbox.arrived.get(origin) === 1);
    await feeds.stop();
  });
});

test('feeds from a frozen peer can be stopped', () => {
  const world = new SimulatedWorld();
  return world.run(async () => {
    const a = await frozen(world, 'a');
    const c = await UpdateNode.start(world, 'c');
    await c.dial(a);
    const feeds = feedsOf(world, c, 'a');
    await world.pass(1000);
    await feeds.stop();
  });
});

test.each<[string, SourceMessage[]]>([
  ['a gap', [{ kind: 'updates', updates: [{ origin: 0, frame: frameOf(3) }] }]],
  ['garbage', [{ kind: 'updates', updates: [{ origin: 0, frame: Uint8Array.of(9, 9) }] }]],
  ['an unknown number', [{ kind: 'updates', updates: [{ origin: 7, frame: frameOf(2) }] }]],
  ['an origin out of scope', [{ kind: 'origin', origin: 'c/0000000000000001' }]],
])('a source that sends %s is reported and dropped, and what it sent before holds', (_what, violation) => {
  const world = new SimulatedWorld();
  return world.run(async () => {
    const origin = 'a/0000000000000001';
    let opened = 0;
    const rogue = await world.start('a', (network) => {
      network.handle(UPDATES_PROTOCOL, { maxMessageBytes: 2 ** 20 }, (channel) => {
        // The second time it behaves.
        const violates = opened++ === 0;
        const sound: SourceMessage[] = [
          { kind: 'origin', origin },
          { kind: 'updates', updates: [{ origin: 0, frame: frameOf(violates ? 1 : 2) }] },
        ];
        void (async () => {
          for (const message of violates ? [...sound, ...violation] : sound) {
            await channel.send(...encodeSourceMessage(message));
          }
        })().catch(() => {});
      });
    });
    const c = await UpdateNode.start(world, 'c');
    await c.dial(rogue);
    const feeds = feedsOf(world, c, 'a');
    await world.until(() => c.invalid.length === 1);
    expect(c.invalid[0]!.startsWith('a: ')).toBe(true);
    expect([...c.inbox.arrived.entries()]).toEqual([[origin, 1]]);
    expect([c.log.entryFrom(origin, 0)?.to, c.log.entryFrom(origin, 1), c.inbox.waiting]).toEqual([1, null, 1]);
    await world.until(() => c.inbox.arrived.get(origin) === 2);
    expect([opened, c.invalid.length]).toEqual([2, 1]);
    await feeds.stop();
  });
});

test('feeds that are held bring nothing until they are released, and then what is beyond the vector by then', () => {
  const world = new SimulatedWorld();
  return world.run(async () => {
    const [a, c] = await UpdateNode.startAll(world, 'a', 'c');
    await c.meet(a);
    const feeds = feedsOf(world, c, 'a');
    a.publish(3);
    await world.until(() => c.inbox.waiting === 3 && feeds.reaches('a'));
    const [release, releaseToo] = [feeds.hold(), feeds.hold()];
    a.publish(4);
    expect(feeds.reaches('a')).toBe(false);
    await world.pass(2_000);
    release();
    await world.pass(2_000);
    expect(c.inbox.waiting).toBe(3);
    c.inbox.rebase([[a.origin, 5]]);
    releaseToo();
    await world.until(() => feeds.reaches('a'));
    expect([c.inbox.waiting, c.inbox.arrived.get(a.origin)]).toEqual([2, 7]);
    expect([...a.invalid, ...c.invalid]).toEqual([]);
    await feeds.stop();
  });
});

test('who comes back is asked itself at once, however long the others were asked in vain', () => {
  const world = new SimulatedWorld();
  return world.run(async () => {
    const [a, b, c] = await UpdateNode.startAll(world, 'a', 'b', 'c');
    await c.meet(b);
    const feeds = feedsOf(world, c, 'a');
    await world.pass(300_000);
    a.publish(1);
    await c.meet(a);
    await world.pass(100);
    expect([feeds.reaches('a'), c.inbox.waiting]).toEqual([true, 1]);
    await Promise.all([feeds.stop(), b.network.stop()]);
  });
});

test('after feeds were held the silent are asked for at once, however long that was in vain: there may be more to bring', () => {
  const world = new SimulatedWorld();
  return world.run(async () => {
    const [b, c] = [await UpdateNode.start(world, 'b'), await UpdateNode.start(world, 'c')];
    await c.meet(b);
    let asked = 0;
    const open = c.network.open.bind(c.network);
    c.network.open = (...args) => {
      asked++;
      return open(...args);
    };
    const feeds = feedsOf(world, c);
    feeds.follow('a');
    await world.pass(200_000);
    const inVain = asked;
    await world.pass(5_000);
    expect(asked).toBe(inVain);
    feeds.hold()();
    await world.pass(1_000);
    expect(asked).toBe(inVain + 1);
    await feeds.stop();
  });
});
