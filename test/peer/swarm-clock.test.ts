import { expect, test } from 'vitest';
import { Members } from '../../peer/members.ts';
import { SwarmClock } from '../../peer/swarm-clock.ts';
import { VirtualClock } from '../../src/support/virtual-clock.ts';
import { statusOf } from '../support/status.ts';

test('the swarm is as far as all its peers together, those included that are gone', () => {
  const members = new Members(new VirtualClock(), () => {});
  const swarm = new SwarmClock(members, null, 1_000_000);
  expect(swarm.samples()).toBe(0);
  swarm.trained(10);
  swarm.trained(5);
  members.admit('a');
  members.heard('a', statusOf('a', { samples: 100 }));
  members.admit('b');
  members.heard('b', statusOf('b', { samples: 1000 }));
  expect([swarm.own, swarm.samples()]).toEqual([15, 1115]);
  members.disconnected('b');
  swarm.told('a', 101);
  expect(swarm.samples()).toBe(1116);
});

test('where nothing is exchanged the others are taken to be as far as this peer', () => {
  const members = new Members(new VirtualClock(), () => {});
  const swarm = new SwarmClock(members, 4, 1_000_000);
  swarm.trained(25);
  members.admit('a');
  members.heard('a', statusOf('a', { samples: 7 }));
  expect(swarm.samples()).toBe(100);
});

test('one peer that makes up its count cannot end the run: it counts for so many times the next best', () => {
  const members = new Members(new VirtualClock(), () => {});
  const swarm = new SwarmClock(members, null, 1_000_000);
  for (const [name, samples] of [
    ['a', 100],
    ['b', 90],
    ['liar', 2 ** 48],
  ] as const) {
    members.admit(name);
    members.heard(name, statusOf(name, { samples }));
  }
  swarm.trained(80);
  expect(swarm.samples()).toBe(80 + 100 + 90 + 16 * 100);
  // Who joins late, and has trained on nothing yet, is where the others are.
  const late = new SwarmClock(members, null, 1_000_000);
  late.told('b', 2 ** 40);
  expect(late.samples()).toBe(2_000_100);
});

test('no peer counts for more samples than the run has', () => {
  const members = new Members(new VirtualClock(), () => {});
  const swarm = new SwarmClock(members, null, 500);
  members.admit('liar');
  swarm.told('liar', 2 ** 48);
  expect(swarm.samples()).toBe(500);
});

test('those that have left, and this peer itself, are as far as somebody knows', () => {
  const swarm = new SwarmClock(new Members(new VirtualClock(), () => {}), null, 1_000_000);
  swarm.trained(10);
  swarm.told('gone', 100);
  swarm.told('gone', 90);
  swarm.toldOfSelf(50);
  swarm.trained(5);
  swarm.toldOfSelf(40);
  expect([swarm.own, swarm.samples(), [...swarm.ofOthers()]]).toEqual([55, 155, [['gone', 100]]]);
});
