import { describe, expect, test } from 'vitest';
import { SHUN_MS } from '../../../peer/membership/conduct.ts';
import { Introductions, MAX_MENTIONED } from '../../../peer/membership/introductions.ts';
import { MAX_MEMBERS, Members } from '../../../peer/membership/members.ts';
import { HELLO_PROTOCOL } from '../../../protocols/hello/constants.ts';
import { Hello } from '../../../protocols/hello/hello.ts';
import type { Network } from '../../../protocols/network.ts';
import { type Manifest, manifestDigests } from '../../../src/manifest.ts';
import type { PeerName } from '../../../src/sum/origin.ts';
import { VirtualClock } from '../../../src/support/virtual-clock.ts';
import { failureOf } from '../../support/failures.ts';
import { testManifest } from '../../support/manifest.ts';
import { MemoryWorld } from '../../support/memory-world.ts';
import { statusOf } from '../../support/status.ts';

interface Guest {
  readonly network: Network;
  readonly introductions: Introductions;
  readonly members: Members;
  /** What happened, in order. */
  readonly happened: string[];
  readonly dials: string[];
}

async function guestOf(world: MemoryWorld, name: PeerName, manifest: Manifest = testManifest()): Promise<Guest> {
  const happened: string[] = [];
  const dials: string[] = [];
  const members = new Members(world.clock, (member, change) => happened.push(`${member.name} ${change}`));
  let introductions!: Introductions;
  const network = await world.start(name, (network) => {
    const dial = network.dial.bind(network);
    network.dial = (address, signal) => {
      dials.push(`${address} at ${world.clock.nowMs()}`);
      return dial(address, signal);
    };
    const hello = new Hello({ network, clock: world.clock }, manifestDigests(manifest));
    introductions = new Introductions(
      { network, hello, clock: world.clock, members },
      {
        dialsAll: true,
        onAdmitted: (peer) => happened.push(`admitted ${peer}`),
        onMentioned: (peer) => happened.push(`mentioned ${peer}`),
        onRefused: (peer, error) => happened.push(`refused ${peer}: ${error.code}`),
        onShunned: (peer) => happened.push(`shunned ${peer}`),
      },
    );
  });
  return { network, introductions, members, happened, dials };
}

describe('a hello on every connection', () => {
  test('admits peers of the same run on both sides, once, and forgets them with their connection', () => {
    const world = new MemoryWorld();
    return world.run(async () => {
      const [a, b] = [await guestOf(world, 'a'), await guestOf(world, 'b')];
      expect(a.introductions.admits('b')).toBe(false);
      await a.network.dial('/memory/b');
      await Promise.all([a.introductions.meet('b'), a.introductions.meet('b')]);
      await world.pass(1000);
      await a.introductions.meet('b');
      expect([a.happened, b.happened]).toEqual([
        ['b joined', 'admitted b'],
        ['a joined', 'admitted a'],
      ]);
      expect([a.introductions.admits('b'), b.introductions.admits('a')]).toEqual([true, true]);
      world.hub.cut('b');
      await world.until(() => !a.introductions.admits('b'));
      expect(a.happened.slice(2)).toEqual(['b silent']);
      const again = await guestOf(world, 'b');
      await again.network.dial('/memory/a');
      await world.until(() => a.introductions.admits('b') && again.introductions.admits('a'));
      expect(a.happened.slice(3)).toEqual(['b back', 'admitted b']);
    });
  });

  test('refuses peers of another run on both sides', () => {
    const world = new MemoryWorld();
    return world.run(async () => {
      const [a, b] = [await guestOf(world, 'a'), await guestOf(world, 'b', testManifest({ seed: 77 }))];
      await a.network.dial('/memory/b');
      const { failure } = await failureOf(a.introductions.meet('b'), 'MANIFEST_MISMATCH');
      expect(failure).toMatchObject({ peer: 'b', sections: ['seed'] });
      await world.pass(1000);
      expect([a.happened, b.happened]).toEqual([['refused b: MANIFEST_MISMATCH'], ['refused a: MANIFEST_MISMATCH']]);
      expect([a.introductions.admits('b'), [...a.members.all()]]).toEqual([false, []]);
    });
  });

  test('refuses a peer that never answers, and says nothing of one that is gone', () => {
    const world = new MemoryWorld();
    return world.run(async () => {
      const a = await guestOf(world, 'a');
      await world.start('mute', (network) => network.handle(HELLO_PROTOCOL, { maxMessageBytes: 1000 }, () => {}));
      await world.start('gone', (network) => network.handle(HELLO_PROTOCOL, { maxMessageBytes: 1000 }, () => {}));
      await a.network.dial('/memory/mute');
      await a.network.dial('/memory/gone');
      await world.pass(100);
      world.hub.cut('gone');
      await world.pass(20_000);
      expect(a.happened).toEqual(['refused mute: TIMED_OUT']);
    });
  });
});

describe('a peer that misbehaves', () => {
  test('is sent away after so many offences, told once, and admitted again when its time is over', () => {
    const world = new MemoryWorld();
    return world.run(async () => {
      const [a, b] = [await guestOf(world, 'a'), await guestOf(world, 'b')];
      await a.network.dial('/memory/b');
      await world.until(() => a.introductions.admits('b'));
      for (let n = 0; n < 50; n++) a.introductions.offended('b');
      expect([a.introductions.admits('b'), a.network.connected.has('b')]).toEqual([false, false]);
      expect(a.happened.slice(2)).toEqual(['b silent', 'shunned b']);
      await world.pass(100);
      expect(b.network.connected.has('a')).toBe(false);
      // What it says is not heeded, nobody dials it, and when it dials it is sent away before a hello.
      a.introductions.heard('b', statusOf('b', { samples: 7 }));
      await world.pass(10_000);
      expect([a.dials.length, a.members.get('b')!.samples, a.members.isLive('b')]).toEqual([1, 0, false]);
      await failureOf(b.network.dial('/memory/a'), 'JOIN_FAILED');
      expect([a.network.connected.has('b'), a.introductions.admits('b')]).toEqual([false, false]);
      await world.pass(SHUN_MS);
      await b.network.dial('/memory/a');
      await world.until(() => a.introductions.admits('b'));
      expect(a.happened.slice(4)).toEqual(['b back', 'admitted b']);
    });
  });

  test('is not dialled while it is shunned, lost as it is', () => {
    const world = new MemoryWorld();
    return world.run(async () => {
      const [a] = [await guestOf(world, 'a'), await guestOf(world, 'b')];
      await a.network.dial('/memory/b');
      await world.until(() => a.introductions.admits('b'));
      a.members.heard('b', statusOf('b'));
      for (let n = 0; n < 50; n++) a.introductions.offended('b');
      await world.pass(100);
      const [{ name, addresses }] = a.members.lost() as [{ name: string; addresses: string[] }];
      a.introductions.seek(name, addresses);
      await world.pass(10_000);
      expect(a.dials).toHaveLength(1);
      await world.pass(SHUN_MS);
      a.introductions.seek(name, addresses);
      await world.until(() => a.introductions.admits('b'));
    });
  });

  test('by breaking off hellos and connections is asked no more often than one that stays', () => {
    const world = new MemoryWorld();
    let asked = 0;
    return world.run(async () => {
      const a = await guestOf(world, 'a');
      await world.start('rude', (network) =>
        network.handle(HELLO_PROTOCOL, { maxMessageBytes: 1000 }, (channel) => {
          asked++;
          channel.abort();
        }),
      );
      for (let n = 0; n < 10; n++) {
        await a.network.dial('/memory/rude');
        await world.pass(100);
        if (n < 9) a.network.disconnect('rude');
        await world.pass(10);
      }
      await world.pass(200_000);
      asked = 0;
      await world.pass(600_000);
      expect(asked).toBeGreaterThan(5);
      expect(asked).toBeLessThan(12);
    });
  });

  test('by never answering is asked ever more seldom, and told of once', () => {
    const world = new MemoryWorld();
    let asked = 0;
    return world.run(async () => {
      const a = await guestOf(world, 'a');
      await world.start('mute', (network) => network.handle(HELLO_PROTOCOL, { maxMessageBytes: 1000 }, () => asked++));
      await a.network.dial('/memory/mute');
      await world.pass(3_600_000 / 2);
      expect(a.happened).toEqual(['refused mute: TIMED_OUT']);
      expect(asked).toBeLessThan(40);
      expect(asked).toBeGreaterThan(20);
    });
  });

  test('by naming peers that nobody has seen makes this one follow so many and no more', () => {
    const world = new MemoryWorld();
    return world.run(async () => {
      const [a] = [await guestOf(world, 'a'), await guestOf(world, 'b')];
      const vectorOf = (batch: number) =>
        Array.from({ length: 50 }, (_, n) => [`ghost-${batch}-${n}/0000000000000001`, 1] as const);
      a.introductions.heard('b', statusOf('b', { vector: vectorOf(0) }));
      await a.network.dial('/memory/b');
      await world.until(() => a.introductions.admits('b'));
      const mentions = () => a.happened.filter((each) => each.startsWith('mentioned'));
      expect(mentions()).toEqual([]);
      for (let batch = 0; batch < 10; batch++) a.introductions.heard('b', statusOf('b', { vector: vectorOf(batch) }));
      expect(new Set(mentions()).size).toBe(MAX_MENTIONED);
      a.introductions.heard(
        'b',
        statusOf('b', {
          vector: [
            ['a/0000000000000001', 3],
            ['b/0000000000000001', 3],
          ],
        }),
      );
      expect(mentions().filter((each) => !each.includes('ghost'))).toEqual([]);
    });
  });

  test('no more than MAX_MEMBERS are kept in mind', () => {
    const members = new Members(new VirtualClock(), () => {});
    for (let n = 0; n < MAX_MEMBERS; n++) expect(members.admit(`peer-${n}`)).toBe(true);
    expect([members.admit('another'), members.admit('peer-7')]).toEqual([false, true]);
    expect(members.get('another')).toBeUndefined();
  });
});

describe('a peer known from hearsay', () => {
  test('is dialled at once by the one of the lower name, and later by the other', () => {
    const world = new MemoryWorld();
    return world.run(async () => {
      const [a, b, c] = [await guestOf(world, 'a'), await guestOf(world, 'b'), await guestOf(world, 'c')];
      a.introductions.seek('b', ['/memory/b']);
      b.introductions.seek('a', ['/memory/a']);
      c.introductions.seek('a', ['/memory/a']);
      await world.until(() => c.introductions.admits('a') && b.introductions.admits('a'));
      expect([a.dials, b.dials, c.dials]).toEqual([['/memory/b at 0'], [], ['/memory/a at 2000']]);
    });
  });

  test('is dialled at every address until one answers, and not again while that goes on', () => {
    const world = new MemoryWorld();
    return world.run(async () => {
      const [a] = [await guestOf(world, 'a'), await guestOf(world, 'b')];
      const addresses = ['not an address', '/memory/nobody', '/memory/b', '/memory/b'];
      a.introductions.seek('b', addresses);
      a.introductions.seek('b', addresses);
      await world.until(() => a.introductions.admits('b'));
      expect(a.dials.map((dial) => dial.split(' at')[0])).toEqual(addresses.slice(0, 3));
      a.introductions.seek('b', addresses);
      await world.pass(10_000);
      expect(a.dials).toHaveLength(3);
    });
  });

  test('is dialled again with a later word of it', () => {
    const world = new MemoryWorld();
    return world.run(async () => {
      const a = await guestOf(world, 'a');
      a.introductions.seek('b', ['/memory/b']);
      await world.pass(60_000);
      await guestOf(world, 'b');
      expect(a.introductions.admits('b')).toBe(false);
      a.introductions.seek('b', ['/memory/b']);
      await world.until(() => a.introductions.admits('b'));
    });
  });

  test('is dialled however many others are not there, and these in turn', () => {
    const world = new MemoryWorld();
    return world.run(async () => {
      const [a] = [await guestOf(world, 'a'), await guestOf(world, 'z')];
      for (let n = 0; n < 100; n++) {
        a.members.admit(`dead-${n}`);
        a.members.heard(`dead-${n}`, statusOf(`dead-${n}`));
        a.members.disconnected(`dead-${n}`);
      }
      const redial = async () => {
        const before = a.dials.length;
        for (let tick = 0; tick < 20; tick++) {
          for (const { name, addresses } of a.members.lost()) a.introductions.seek(name, addresses);
          a.introductions.seek('z', ['/memory/z']);
          await world.pass(3_000);
        }
        return new Set(a.dials.slice(before).map((dial) => dial.split(' at')[0])).size;
      };
      await redial();
      expect(a.introductions.admits('z')).toBe(true);
      expect(await redial()).toBe(100);
    });
  });

  test('is not dialled after the stop', () => {
    const world = new MemoryWorld();
    return world.run(async () => {
      const [, b] = [await guestOf(world, 'a'), await guestOf(world, 'b')];
      b.introductions.seek('a', ['/memory/a']);
      b.introductions.stop();
      b.introductions.seek('c', ['/memory/c']);
      await world.pass(10_000);
      expect(b.dials).toEqual([]);
    });
  });
});
