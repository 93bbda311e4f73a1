import { expect, test } from 'vitest';
import { Members } from '../../peer/members.ts';
import { SwarmClock } from '../../peer/swarm-clock.ts';
import { VirtualClock } from '../../src/support/virtual-clock.ts';
import { statusOf } from '../support/status.ts';

test('the swarm is as far as all its peers together, those included that are gone', () => {
  const members = new Members(new VirtualClock(), () => {});
  const swarm = new SwarmClock(members, null);
  expect(swarm.samples()).toBe(0);
  swarm.trained(10);
  swarm.trained(5);
  members.heard('a', statusOf('a', { samples: 100 }));
  members.heard('b', statusOf('b', { samples: 1000 }));
  expect([swarm.own, swarm.samples()]).toEqual([15, 1115]);
  members.disconnected('b');
  members.published('a', 101);
  expect(swarm.samples()).toBe(1116);
});

test('where nothing is exchanged the others are taken to be as far as this peer', () => {
  const members = new Members(new VirtualClock(), () => {});
  const swarm = new SwarmClock(members, 4);
  swarm.trained(25);
  members.heard('a', statusOf('a', { samples: 7 }));
  expect(swarm.samples()).toBe(100);
});
