import { describe, expect, test } from 'vitest';
import { HELLO_PROTOCOL } from '../../../protocols/hello/constants.ts';
import { failureOf } from '../../support/failures.ts';
import { guestOf } from '../../support/guest.ts';
import { testManifest } from '../../support/manifest.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';
import { statusOf } from '../../support/status.ts';

describe('a hello on every connection', () => {
  test('admits peers of the same run on both sides, once, and forgets them with their connection', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const [a, b] = [await guestOf(world, 'a'), await guestOf(world, 'b')];
      expect(a.introductions.admits('b')).toBe(false);
      await a.network.dial('/simulated/b');
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
      await again.network.dial('/simulated/a');
      await world.until(() => a.introductions.admits('b') && again.introductions.admits('a'));
      expect(a.happened.slice(3)).toEqual(['b back', 'admitted b']);
    });
  });

  test('refuses peers of another run on both sides', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const [a, b] = [await guestOf(world, 'a'), await guestOf(world, 'b', testManifest({ seed: 77 }))];
      await a.network.dial('/simulated/b');
      const { failure } = await failureOf(a.introductions.meet('b'), 'MANIFEST_MISMATCH');
      expect(failure).toMatchObject({ peer: 'b', sections: ['seed'] });
      await world.pass(1000);
      expect([a.happened, b.happened]).toEqual([['refused b: MANIFEST_MISMATCH'], ['refused a: MANIFEST_MISMATCH']]);
      expect([a.introductions.admits('b'), [...a.members.all()]]).toEqual([false, []]);
    });
  });

  test('refuses a peer that never answers, and says nothing of one that is gone', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const a = await guestOf(world, 'a');
      await world.start('mute', (network) => network.handle(HELLO_PROTOCOL, { maxMessageBytes: 1000 }, () => {}));
      await world.start('gone', (network) => network.handle(HELLO_PROTOCOL, { maxMessageBytes: 1000 }, () => {}));
      await a.network.dial('/simulated/mute');
      await a.network.dial('/simulated/gone');
      await world.pass(100);
      world.hub.cut('gone');
      await world.pass(20_000);
      expect(a.happened).toEqual(['refused mute: TIMED_OUT']);
    });
  });
});

describe('a peer known from hearsay', () => {
  test('is dialled at once by the one of the lower name, and later by the other', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const [a, b, c] = [await guestOf(world, 'a'), await guestOf(world, 'b'), await guestOf(world, 'c')];
      a.introductions.seek('b', ['/simulated/b']);
      b.introductions.seek('a', ['/simulated/a']);
      c.introductions.seek('a', ['/simulated/a']);
      await world.until(() => c.introductions.admits('a') && b.introductions.admits('a'));
      expect([a.dials, b.dials, c.dials]).toEqual([['/simulated/b at 0'], [], ['/simulated/a at 2000']]);
    });
  });

  test('is dialled at every address until one answers, and not again while that goes on', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const [a] = [await guestOf(world, 'a'), await guestOf(world, 'b')];
      const addresses = ['not an address', '/simulated/nobody', '/simulated/b', '/simulated/b'];
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
    const world = new SimulatedWorld();
    return world.run(async () => {
      const a = await guestOf(world, 'a');
      a.introductions.seek('b', ['/simulated/b']);
      await world.pass(60_000);
      await guestOf(world, 'b');
      expect(a.introductions.admits('b')).toBe(false);
      a.introductions.seek('b', ['/simulated/b']);
      await world.until(() => a.introductions.admits('b'));
    });
  });

  test('is dialled however many others are not there, and these in turn', () => {
    const world = new SimulatedWorld();
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
          a.introductions.seek('z', ['/simulated/z']);
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
    const world = new SimulatedWorld();
    return world.run(async () => {
      const [, b] = [await guestOf(world, 'a'), await guestOf(world, 'b')];
      b.introductions.seek('a', ['/simulated/a']);
      b.introductions.stop();
      b.introductions.seek('c', ['/simulated/c']);
      await world.pass(10_000);
      expect(b.dials).toEqual([]);
    });
  });
});
