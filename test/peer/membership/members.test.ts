import { beforeEach, describe, expect, test } from 'vitest';
import { AWAKE_MS, MAX_MEMBERS, Members, SILENT_AFTER_MS, STALLED_AFTER_MS } from '../../../peer/membership/members.ts';
import {
  STATUS_INTERVAL_MS_PER_PEER,
  STATUS_MAX_INTERVAL_MS,
  STATUS_WIDE_INTERVAL_MS,
} from '../../../protocols/status/constants.ts';
import { MAX_PEERS } from '../../../src/manifest.ts';
import { sleep } from '../../../src/support/clock.ts';
import { VirtualClock } from '../../../src/support/virtual-clock.ts';
import { statusOf } from '../../support/status.ts';

let clock: VirtualClock;
let changes: string[];
let members: Members;

beforeEach(() => {
  clock = new VirtualClock();
  changes = [];
  members = new Members(clock, ({ name }, change) => changes.push(`${name} ${change}`));
});

/** A status of a peer that has said hello. */
function heard(name: string, status: Parameters<Members['heard']>[1]): void {
  if (members.get(name) === undefined) members.admit(name);
  members.heard(name, status);
}

const pass = (ms: number) => clock.run(sleep(clock, ms));
/** Looks for silent peers all the time. */
const watched = async (ms: number) => {
  for (const endMs = clock.nowMs() + ms; clock.nowMs() < endMs; members.suspectSilent()) {
    await pass(Math.min(AWAKE_MS, endMs - clock.nowMs()));
  }
};

test('a peer joins once, by its hello', () => {
  members.admit('a');
  members.admit('a');
  members.heard('a', statusOf('a'));
  expect(changes).toEqual(['a joined']);
  expect(members.live().map(({ name }) => name)).toEqual(['a']);
  expect([members.isLive('a'), members.isLive('nobody')]).toEqual([true, false]);
  expect(members.get('nobody')).toBe(undefined);
});

test('hearsay counts for nothing until its peer says hello, and is bounded by MAX_PEERS', () => {
  for (let n = 0; n < MAX_PEERS + 5; n++) {
    members.heard(`made-up-${n}`, statusOf(`made-up-${n}`, { state: 'ready' }));
    // Whoever goes on talking is kept.
    if (n === 100) members.heard('made-up-0', statusOf('made-up-0', { state: 'ready' }));
  }
  expect([...members.all()]).toEqual([]);
  expect(members.contributing()).toBe(1);
  members.admit(`made-up-${MAX_PEERS + 4}`);
  expect(members.contributing()).toBe(2);
  members.admit('made-up-0');
  expect(members.contributing()).toBe(3);
  for (const n of [1, 2, 3, 4, 5]) members.admit(`made-up-${n}`);
  expect([1, 5, 6].map((n) => members.get(`made-up-${n}`)?.status)).toEqual([null, null, undefined]);
  members.admit('made-up-6');
  expect(members.get('made-up-6')!.status?.state).toBe('ready');
});

test('no more than MAX_MEMBERS are kept in mind', () => {
  for (let n = 0; n < MAX_MEMBERS; n++) expect(members.admit(`peer-${n}`)).toBe(true);
  expect([members.admit('another'), members.admit('peer-7')]).toEqual([false, true]);
  expect(members.get('another')).toBeUndefined();
});

test('of hearsay the vector is not kept', () => {
  members.heard('a', statusOf('a', { state: 'finishing', vector: [['b/0000000000000001', 4]] }));
  members.admit('a');
  expect(members.get('a')!.status).toMatchObject({ state: 'finishing', vector: null });
  members.heard('a', statusOf('a', { state: 'finishing', vector: [['b/0000000000000001', 4]] }));
  expect(members.get('a')!.status!.vector).toEqual([['b/0000000000000001', 4]]);
});

test('contributing are this peer and those that are ready, training or finishing, as long as they live', () => {
  expect(members.contributing()).toBe(1);
  members.admit('without status');
  for (const state of ['joining', 'ready', 'training', 'finishing', 'left'] as const) {
    heard(state, statusOf(state, { state }));
  }
  expect(members.contributing()).toBe(4);
  members.disconnected('ready');
  expect(members.contributing()).toBe(3);
});

test('whoever is not heard of for SILENT_AFTER_MS is suspected, and is back with the next word', async () => {
  expect(SILENT_AFTER_MS).toBeGreaterThanOrEqual(3 * STATUS_MAX_INTERVAL_MS);
  heard('a', statusOf('a'));
  await pass(SILENT_AFTER_MS / 2);
  heard('b', statusOf('b'));
  await pass(SILENT_AFTER_MS / 2);
  members.suspectSilent();
  expect(changes).toEqual(['a joined', 'b joined']);
  await pass(1);
  members.suspectSilent();
  members.suspectSilent();
  expect(changes.slice(2)).toEqual(['a silent']);
  expect(members.isLive('a')).toBe(false);
  heard('a', statusOf('a'));
  expect(changes.slice(3)).toEqual(['a back']);
  expect(members.isLive('a')).toBe(true);
});

test('nobody is suspected for a time in which this peer itself stood still', async () => {
  heard('a', statusOf('a'));
  await watched(AWAKE_MS);
  await pass(2 * SILENT_AFTER_MS);
  members.suspectSilent();
  expect(members.isLive('a')).toBe(true);
  await watched(SILENT_AFTER_MS - 2 * AWAKE_MS);
  expect(members.isLive('a')).toBe(true);
  await watched(1);
  expect(members.isLive('a')).toBe(false);
});

test('whose connection is lost is silent at once, and back with a new hello', () => {
  members.admit('a');
  members.disconnected('a');
  members.disconnected('a');
  members.disconnected('nobody');
  members.admit('a');
  expect(changes).toEqual(['a joined', 'a silent', 'a back']);
});

test('whoever has left does not come back by an old status, but does as another incarnation', () => {
  heard('a', statusOf('a'));
  heard('a', statusOf('a', { state: 'left' }));
  heard('a', statusOf('a', { state: 'left' }));
  heard('a', statusOf('a'));
  heard('a', statusOf('a', { state: 'left' }));
  expect(members.isLive('a')).toBe(false);
  members.suspectSilent();
  members.disconnected('a');
  heard('a', statusOf('a', { origin: 'a/0000000000000002' }));
  expect(changes).toEqual(['a joined', 'a left', 'a back']);
});

test('an older status does not undo a newer one', () => {
  heard('a', statusOf('a', { state: 'training', samples: 100 }));
  heard('a', statusOf('a', { state: 'training', samples: 90 }));
  expect(members.get('a')!.status!.samples).toBe(100);
  const finishing = (updates: number) =>
    statusOf('a', { state: 'finishing', samples: 100, applied: { updates, digest: '0'.repeat(32) } });
  heard('a', finishing(4));
  heard('a', statusOf('a', { state: 'training', samples: 100 }));
  heard('a', finishing(3));
  expect(members.get('a')!.status!.applied!.updates).toBe(4);
  heard('a', finishing(5));
  expect(members.get('a')!.status!.applied!.updates).toBe(5);
});

test('samples are the most that a peer has told, over all its incarnations', () => {
  heard('a', statusOf('a', { samples: 100 }));
  heard('a', statusOf('a', { samples: 60, origin: 'a/0000000000000002' }));
  expect(members.get('a')!.samples).toBe(100);
});

test('every status and every change of who is live rings', () => {
  let rings = 0;
  const count = () => {
    rings++;
    members.changes.onNextRing(count);
  };
  members.changes.onNextRing(count);
  heard('a', statusOf('a'));
  heard('a', statusOf('a'));
  members.disconnected('a');
  members.admit('a');
  heard('a', statusOf('a', { state: 'left' }));
  expect(rings).toBe(6);
});

test('rounds wait for a peer that trains and has said something of late', async () => {
  expect(members.isAwaited('a')).toBe(false);
  heard('a', statusOf('a', { state: 'ready' }));
  expect(members.isAwaited('a')).toBe(false);
  heard('a', statusOf('a', { state: 'training' }));
  expect(members.isAwaited('a')).toBe(true);
  await pass(STALLED_AFTER_MS - 1);
  expect(members.isAwaited('a')).toBe(true);
  await pass(1);
  expect([members.isAwaited('a'), members.isLive('a')]).toEqual([false, true]);
  let rings = 0;
  members.changes.onNextRing(() => rings++);
  members.suspectSilent();
  expect(rings).toBe(1);
  // Who has just been silent for so long may be so again.
  members.seen('a');
  await pass(3 * STALLED_AFTER_MS - 1);
  expect(members.isAwaited('a')).toBe(true);
  for (let word = 0; word < 40; word++) members.seen('a');
  await pass(STALLED_AFTER_MS);
  expect(members.isAwaited('a')).toBe(false);
});

test('of whoever is finishing, too, it rings when rounds wait for it no longer', async () => {
  heard('a', statusOf('a', { state: 'finishing' }));
  let rings = 0;
  members.changes.onNextRing(() => rings++);
  members.suspectSilent();
  expect([members.isAwaited('a'), rings]).toEqual([true, 0]);
  await watched(STALLED_AFTER_MS);
  expect([members.isAwaited('a'), rings]).toEqual([false, 1]);
});

test('another one of the lost comes first each time', () => {
  expect(members.lost()).toEqual([]);
  for (const name of ['a', 'b', 'c']) {
    heard(name, statusOf(name));
    members.disconnected(name);
  }
  const orders = [1, 2, 3, 4].map(() =>
    members
      .lost()
      .map(({ name }) => name)
      .join(''),
  );
  expect(orders).toEqual(['abc', 'bca', 'cab', 'abc']);
});

test('who is gone without having said so is lost, with where it could be reached', () => {
  for (const name of ['here', 'lost', 'gone']) heard(name, statusOf(name));
  members.admit('unheard');
  for (const name of ['lost', 'gone', 'unheard']) members.disconnected(name);
  heard('gone', statusOf('gone', { state: 'left' }));
  expect(members.lost()).toEqual([{ name: 'lost', addresses: ['/simulated/lost'] }]);
});

describe('where peers need no connection', () => {
  beforeEach(() => {
    members = new Members(clock, ({ name }, change) => changes.push(`${name} ${change}`), true);
  });

  test('who is heard of is a member, live until it falls silent', () => {
    members.heard('a', statusOf('a'));
    expect([members.isLive('a'), members.contributing()]).toEqual([true, 2]);
    members.disconnected('a');
    expect(members.isLive('a')).toBe(true);
    const { generation } = members;
    clock.after(SILENT_AFTER_MS + 1, () => members.suspectSilent());
    return clock.run(sleep(clock, SILENT_AFTER_MS + 2)).then(() => {
      expect(members.isLive('a')).toBe(false);
      expect(members.generation).toBeGreaterThan(generation);
      expect(changes).toEqual(['a joined', 'a silent']);
    });
  });

  test('among many, whose statuses come more seldom, it is later suspected, and later quiet', async () => {
    const peers = STATUS_WIDE_INTERVAL_MS / STATUS_INTERVAL_MS_PER_PEER;
    for (let n = 1; n < peers; n++) members.heard(`p${n}`, statusOf(`p${n}`));
    await pass(STATUS_WIDE_INTERVAL_MS);
    expect(members.quiet()).toEqual([]);
    await pass(2 * STATUS_WIDE_INTERVAL_MS);
    members.suspectSilent();
    expect(members.live()).toHaveLength(peers - 1);
    expect(members.quiet()).toHaveLength(peers - 1);
    await pass(1);
    members.suspectSilent();
    expect(members.live()).toEqual([]);
  });

  test('who is late as a rule is quiet only after one and a half of its pauses', async () => {
    members.heard('a', statusOf('a'));
    members.heard('b', statusOf('b'));
    const quiet = () => members.quiet().map(({ name }) => name);
    await watched(STATUS_MAX_INTERVAL_MS);
    members.heard('a', statusOf('a'));
    await watched(2_000);
    expect(quiet()).toEqual([]);
    await watched(STATUS_MAX_INTERVAL_MS - 2_000);
    expect(quiet()).toEqual(['b']);
    await watched(STATUS_MAX_INTERVAL_MS / 2);
    expect(quiet()).toEqual(['b']);
    await watched(1);
    expect(quiet()).toEqual(['b', 'a']);
  });

  test('who has left before is none, and there are no more than MAX_MEMBERS', () => {
    members.heard('gone', statusOf('gone', { state: 'left' }));
    expect(members.get('gone')).toBe(undefined);
    for (let n = 0; n <= MAX_MEMBERS; n++) members.heard(`p${n}`, statusOf(`p${n}`));
    expect([...members.all()]).toHaveLength(MAX_MEMBERS);
  });
});
