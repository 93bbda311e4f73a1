import { describe, expect, test } from 'vitest';
import { SHUN_MS } from '../../../peer/membership/conduct.ts';
import { MAX_MENTIONED } from '../../../peer/membership/introductions.ts';
import { HELLO_PROTOCOL } from '../../../protocols/hello/constants.ts';
import { failureOf } from '../../support/failures.ts';
import { formerOf, guestOf } from '../../support/guest.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';
import { statusOf } from '../../support/status.ts';

describe('a peer that misbehaves', () => {
  test('is sent away after so many offences, told once, and admitted again when its time is over', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const [a, b] = [await guestOf(world, 'a'), await guestOf(world, 'b')];
      await a.network.dial('/simulated/b');
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
      await failureOf(b.network.dial('/simulated/a'), 'JOIN_FAILED');
      expect([a.network.connected.has('b'), a.introductions.admits('b')]).toEqual([false, false]);
      await world.pass(SHUN_MS);
      await b.network.dial('/simulated/a');
      await world.until(() => a.introductions.admits('b'));
      expect(a.happened.slice(4)).toEqual(['b back', 'admitted b']);
    });
  });

  test('is not dialled while it is shunned, lost as it is', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const [a] = [await guestOf(world, 'a'), await guestOf(world, 'b')];
      await a.network.dial('/simulated/b');
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
    const world = new SimulatedWorld();
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
        await a.network.dial('/simulated/rude');
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
    const world = new SimulatedWorld();
    let asked = 0;
    return world.run(async () => {
      const a = await guestOf(world, 'a');
      await world.start('mute', (network) => network.handle(HELLO_PROTOCOL, { maxMessageBytes: 1000 }, () => asked++));
      await a.network.dial('/simulated/mute');
      await world.pass(3_600_000 / 2);
      expect(a.happened).toEqual(['refused mute: TIMED_OUT']);
      expect(asked).toBeLessThan(40);
      expect(asked).toBeGreaterThan(20);
    });
  });

  test('by naming peers that nobody has seen makes this one follow so many and no more', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const [a] = [await guestOf(world, 'a'), await guestOf(world, 'b')];
      const vectorOf = (batch: number) =>
        Array.from({ length: 50 }, (_, n) => [`ghost-${batch}-${n}/0000000000000001`, 1] as const);
      a.introductions.heard('b', statusOf('b', { vector: vectorOf(0) }));
      await a.network.dial('/simulated/b');
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
      expect(mentions().filter((each) => !each.includes('ghost'))).toEqual(['mentioned b']);
      // What an earlier process of its own published, and only others hold, it follows itself.
      a.introductions.heard('b', statusOf('b', { vector: [[formerOf('a'), 3]] }));
      expect(mentions().filter((each) => !each.includes('ghost'))).toEqual(['mentioned b', 'mentioned a']);
    });
  });
});
