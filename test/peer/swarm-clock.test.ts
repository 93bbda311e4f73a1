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
  members.trained('a', 101);
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

test('no peer counts for more samples than the run has', () => {
  const members = new Members(new VirtualClock(), () => {});
  const clock = new SwarmClock(members, null, 500);
  members.admit('liar');
  members.trained('liar', 2 ** 48);
  expect(clock.samples()).toBe(500);
});
