import { beforeEach, expect, test } from 'vitest';
import { STARVED_MS, Strays, TOLD_MS } from '../../../peer/exchange/strays.ts';
import { upwards } from '../../../peer/membership/fingers.ts';
import { placeOf } from '../../../protocols/updates/scope.ts';
import { frameOf } from '../../support/frames.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';
import { statusOf } from '../../support/status.ts';
import { UpdateNode } from '../../support/update-node.ts';

/** Upwards from this peer. */
const [near, middle, far] = upwards(placeOf('self'), ['a', 'b', 'c']) as [string, string, string];

let world: SimulatedWorld;
let node: UpdateNode;
let strays: Strays;
let starved: string[];

beforeEach(async () => {
  world = new SimulatedWorld();
  node = await UpdateNode.start(world, 'self', () => {}, { byHearsay: true });
  strays = new Strays({ clock: world.clock, members: node.members, inbox: node.inbox }, 'self');
  starved = [];
});

const look = (...sources: string[]) => strays.look(sources, (name) => starved.push(name));
const hear = (name: string, replaced = {}) => node.members.heard(name, statusOf(name, replaced));
const take = (name: string, to: number) => node.inbox.acceptOwn(`${name}/0000000000000001`, to, frameOf(to));

test('are the live peers nearer than the nearest source, and those followed who are not members', () => {
  for (const name of [near, middle, far]) hear(name);
  strays.follow('unknown');
  look(middle);
  expect(strays.names()).toEqual([near, 'unknown'].sort());
  expect(strays.hasAll([near])).toBe(true);
  expect(strays.hasAll([near, far])).toBe(false);
  look(near);
  expect(strays.names()).toEqual(['unknown']);
});

test('are those that are gone, but for one that has left and is wholly here', () => {
  for (const name of [near, middle, far]) hear(name, { published: 1 });
  look(near);
  expect(strays.names()).toEqual([]);
  take(middle, 1);
  hear(middle, { published: 1, state: 'left' });
  hear(far, { published: 1, state: 'left' });
  look(near);
  expect([strays.names(), strays.isLacking]).toEqual([[far], true]);
  take(far, 1);
  look(near);
  expect([strays.names(), strays.isLacking]).toEqual([[far], false]);
});

test('are those of whom others have more and nothing comes, until a while after everything has', () =>
  world.run(async () => {
    const pass = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 500) {
        await world.pass(500);
        look(near);
      }
    };
    hear(near);
    hear(far, { published: 2 });
    look(near);
    await pass(STARVED_MS - 500);
    take(far, 1);
    await pass(STARVED_MS - 500);
    expect([strays.names(), starved]).toEqual([[], []]);
    await pass(1_000);
    expect([strays.names(), starved, strays.isLacking]).toEqual([[far], [far], true]);
    take(far, 2);
    await pass(5_000);
    expect([strays.names(), strays.isLacking]).toEqual([[far], false]);
    await pass(6_000);
    expect(strays.names()).toEqual([]);
    expect(starved).toEqual([far]);
  }));

test('are those of whose former processes others hold more, this peer among them, until it is here or nobody says so any more', () =>
  world.run(async () => {
    const former = (name: string) => `${name}/00000000000000ff` as const;
    hear(near);
    hear(far, { published: 2 });
    take(far, 2);
    for (const name of ['self', far, 'unknown']) strays.told(former(name), 3);
    // It goes on at present: its own word counts.
    strays.told(`${near}/0000000000000001`, 3);
    look(near, far);
    expect([strays.names(), strays.isLacking]).toEqual([[far, 'self', 'unknown'].sort(), true]);
    node.inbox.acceptOwn(former(far), 3, frameOf(3));
    look(near, far);
    expect([strays.names(), strays.isLacking]).toEqual([['self', 'unknown'], true]);
    await world.pass(TOLD_MS);
    look(near, far);
    expect([strays.names(), strays.isLacking]).toEqual([['self', 'unknown'], false]);
  }));

test('are none of the sources, whose own updates nobody brings better', () =>
  world.run(async () => {
    hear(near);
    hear(far, { published: 2 });
    for (let passed = 0; passed <= STARVED_MS; passed += 500) {
      look(near, far);
      await world.pass(500);
    }
    look(near, far);
    expect([strays.names(), starved]).toEqual([[], [far]]);
    strays.starve(far);
    look(near, far);
    expect(strays.names()).toEqual([]);
    look(near);
    expect(strays.names()).toEqual([far]);
  }));
