import { expect, test } from 'vitest';
import { Members } from '../../../peer/membership/members.ts';
import { SwarmClock } from '../../../peer/progress/swarm-clock.ts';
import { VirtualClock } from '../../../src/support/virtual-clock.ts';
import { statusOf } from '../../support/status.ts';

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

test('what heads of replicas tell cannot end the run, however many peers they make up', () => {
  const members = new Members(new VirtualClock(), () => {});
  const swarm = new SwarmClock(members, null, 1_000_000);
  swarm.trained(80);
  for (const name of ['a', 'b']) swarm.told(name, 100);
  const ghosts = [...Array(50).keys()].map((n) => [`ghost-${n}`, 2 ** 40] as const);
  const unnamed: [string, number] = ['unnamed', 10];
  const vector = [...ghosts, ['a', 0] as const, ['self', 0] as const].map(
    ([name]) => [`${name}/0000000000000001`, 1] as [string, number],
  );
  for (let times = 0; times < 3; times++) {
    swarm.toldByHead({ vector, samples: [...ghosts.map(([name, n]): [string, number] => [name, n]), unnamed] }, 'self');
    expect(swarm.samples()).toBe(80 + 200 + 16 * 100);
  }
  swarm.toldByHead({ vector, samples: [['self', 2 ** 40]] }, 'self');
  expect(swarm.own).toBe(16 * 100);
  expect([...swarm.ofOthers()].some(([name]) => name === 'unnamed')).toBe(false);
});

test('what is rumoured of a peer counts as far as it is more than the peer itself has told', () => {
  const swarm = new SwarmClock(new Members(new VirtualClock(), () => {}), null, 1_000_000);
  for (const [name, told] of [
    ['a', 100],
    ['b', 100],
  ] as const)
    swarm.told(name, told);
  swarm.rumoured('a', 130);
  swarm.rumoured('b', 70);
  swarm.rumoured('gone', 60);
  expect(swarm.samples()).toBe(290);
  expect(new Map(swarm.ofOthers())).toEqual(
    new Map([
      ['a', 130],
      ['b', 100],
      ['gone', 60],
    ]),
  );
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
