import { expect, test } from 'vitest';
import { Neighbours } from '../../../peer/membership/neighbours.ts';
import { guestOf } from '../../support/guest.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';
import { statusOf } from '../../support/status.ts';

test('who is heard of by others and not connected is dialled, where everybody is to be connected', () => {
  const world = new SimulatedWorld();
  return world.run(async () => {
    const [a, b] = [await guestOf(world, 'a'), await guestOf(world, 'b')];
    await a.network.dial('/simulated/b');
    await world.until(() => a.introductions.admits('b') && b.introductions.admits('a'));
    a.network.disconnect('b');
    await world.until(() => !a.introductions.admits('b') && !b.introductions.admits('a'));
    // By a third peer, before anybody has dialled: it is live again, and was never lost for long.
    a.members.heard('b', statusOf('b', { samples: 1 }));
    expect(a.members.lost()).toEqual([]);
    const { network, members, introductions } = a;
    const exchange = { fingers: null, isInUse: () => true };
    const neighbours = new Neighbours({ network, clock: world.clock, members, introductions, exchange }, []);
    neighbours.tend();
    await world.until(() => a.introductions.admits('b'));
    expect(a.happened.slice(-2)).toEqual(['b back', 'admitted b']);
  });
});
