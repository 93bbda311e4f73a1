import { expect, test } from 'vitest';
import {
  JOIN_PATIENCE_MS,
  JOIN_PATIENCE_MS_PER_PEER,
  MEETING_PATIENCE_MS,
  MEETING_PATIENCE_MS_PER_PEER,
  Rendezvous,
} from '../../../peer/membership/rendezvous.ts';
import { statusMaxIntervalMs } from '../../../protocols/status/constants.ts';
import { failureOf } from '../../support/failures.ts';
import { type Guest, guestOf } from '../../support/guest.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';
import { statusOf } from '../../support/status.ts';

const never = new AbortController().signal;
const rendezvousOf = (world: SimulatedWorld, guest: Guest, planned: number, byHearsay = false) =>
  new Rendezvous({ ...guest, clock: world.clock, feeds: null }, { planned, byHearsay, signal: never });

test.each([4, 64])('one of %i peers tries to join for so long as it takes that many to start', (planned) => {
  const world = new SimulatedWorld();
  return world.run(async () => {
    const guest = await guestOf(world, 'a');
    const startMs = world.clock.nowMs();
    await failureOf(rendezvousOf(world, guest, planned).join(['/simulated/nobody']), 'JOIN_FAILED');
    const waitedMs = world.clock.nowMs() - startMs;
    expect(waitedMs).toBeGreaterThanOrEqual(JOIN_PATIENCE_MS + planned * JOIN_PATIENCE_MS_PER_PEER);
    expect(waitedMs).toBeLessThan(JOIN_PATIENCE_MS + planned * JOIN_PATIENCE_MS_PER_PEER + 15_000);
  });
});

test('who comes at last is joined', () => {
  const world = new SimulatedWorld();
  return world.run(async () => {
    const guest = await guestOf(world, 'a');
    const joining = rendezvousOf(world, guest, 2).join(['/simulated/nobody', '/simulated/b']);
    await world.pass(JOIN_PATIENCE_MS / 2);
    await guestOf(world, 'b');
    await joining;
    expect(guest.happened).toEqual(['b joined', 'admitted b']);
  });
});

test.each([4, 64])('%i planned peers are waited for, for so much longer the more they are', (planned) => {
  const world = new SimulatedWorld();
  return world.run(async () => {
    const guest = await guestOf(world, 'a');
    const startMs = world.clock.nowMs();
    expect(await rendezvousOf(world, guest, planned).meetAll(() => {})).toBe(false);
    expect(world.clock.nowMs() - startMs).toBe(MEETING_PATIENCE_MS + planned * MEETING_PATIENCE_MS_PER_PEER);
  });
});

test('a start waits until all are ready, or somebody trains', () => {
  const world = new SimulatedWorld();
  return world.run(async () => {
    const guest = await guestOf(world, 'a');
    const { members } = guest;
    const [all, some] = [3, 9].map((planned) => rendezvousOf(world, guest, planned).meetAll(() => {}));
    const met: string[] = [];
    void all!.then(() => met.push('all'));
    void some!.then(() => met.push('some'));
    for (const name of ['b', 'c']) {
      members.admit(name);
      await world.pass(1);
      expect(met).toEqual([]);
      members.heard(name, statusOf(name, { state: 'ready' }));
    }
    await world.pass(1);
    expect(met).toEqual(['all']);
    members.heard('b', statusOf('b', { state: 'training' }));
    await world.pass(1);
    expect(met).toEqual(['all', 'some']);
    expect(await Promise.all([all, some])).toEqual([true, true]);
  });
});

test('where peers are known by hearsay, who hears that somebody trains hears the others out', () => {
  const world = new SimulatedWorld();
  return world.run(async () => {
    const guest = await guestOf(world, 'a');
    const { members } = guest;
    const [few, many] = [3, 9].map((planned) => rendezvousOf(world, guest, planned, true).meetAll(() => {}));
    const met: string[] = [];
    void few!.then(() => met.push('few'));
    void many!.then(() => met.push('many'));
    const hear = async (name: string, state: 'ready' | 'training') => {
      members.admit(name);
      members.heard(name, statusOf(name, { state }));
      await world.pass(1);
    };
    await hear('b', 'training');
    expect(met).toEqual([]);
    await hear('c', 'ready');
    expect(met).toEqual(['few']);
    await world.pass(statusMaxIntervalMs(9) - 5);
    await hear('b', 'training');
    expect(met).toEqual(['few']);
    await world.pass(5);
    await hear('b', 'training');
    expect(met).toEqual(['few', 'many']);
  });
});
