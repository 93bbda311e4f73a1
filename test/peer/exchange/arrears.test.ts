import { describe, expect, test } from 'vitest';
import { Arrears, STALE_PATIENCE_MS } from '../../../peer/exchange/arrears.ts';
import { Members } from '../../../peer/membership/members.ts';
import { whileLive } from '../../../peer/membership/silence.ts';
import { SHARE_IMAGE_MS } from '../../../protocols/replica/constants.ts';
import { VersionVector } from '../../../src/sum/version-vector.ts';
import { sleep } from '../../../src/support/clock.ts';
import { VirtualClock } from '../../../src/support/virtual-clock.ts';
import { statusOf } from '../../support/status.ts';

const origin = 'a/0000000000000001';

function arrearsOf() {
  const clock = new VirtualClock();
  const members = new Members(clock, () => {});
  members.admit('a');
  members.heard('a', statusOf('a', { origin, state: 'training', samples: 1 }));
  return { clock, members, arrears: new Arrears(clock) };
}

describe('what a source holds and this peer lacks', () => {
  test('grows while its peer is there and trains under that origin', () => {
    const { members, arrears } = arrearsOf();
    expect(arrears.grow(members)).toBe(false);
    expect(arrears.add('b', origin, 5)).toBe(true);
    expect(arrears.add('b', 'a/0000000000000002', 5)).toBe(false);
    expect(arrears.grow(members)).toBe(true);
    arrears.settle('b', true);
    expect(arrears.grow(members)).toBe(false);
    arrears.settle('b', false);
    members.disconnected('a');
    expect(arrears.grow(members)).toBe(false);
    members.heard('a', statusOf('a', { origin, state: 'finishing', samples: 1 }));
    expect(members.isLive('a')).toBe(true);
    expect(arrears.grow(members)).toBe(false);
  });

  test('is waited for so long in all, however often the source begins anew, until this peer stands elsewhere', async () => {
    const { clock, members, arrears } = arrearsOf();
    const pass = (ms: number) => clock.run(new Promise<void>((resolve) => clock.after(ms, resolve)));
    arrears.add('b', origin, 5);
    await pass(STALE_PATIENCE_MS / 2);
    arrears.delete('b');
    await pass(STALE_PATIENCE_MS);
    expect(arrears.add('b', origin, 5)).toBe(false);
    expect(arrears.grow(members)).toBe(true);
    arrears.drop(new VersionVector([[origin, 5]]), () => true);
    arrears.add('b', origin, 9);
    await pass(STALE_PATIENCE_MS / 2);
    expect(arrears.grow(members)).toBe(false);
    // It can be asked all the same.
    expect([...arrears.own()]).toEqual([origin]);
    arrears.clear();
    expect(arrears.add('b', origin, 9)).toBe(true);
    expect(arrears.grow(members)).toBe(true);
  });
});

test('what is asked of a peer ends when that falls silent', async () => {
  const { members } = arrearsOf();
  const stop = new AbortController();
  const { signal } = whileLive(members, 'a', stop.signal);
  members.changes.ring();
  await Promise.resolve();
  expect(signal.aborted).toBe(false);
  members.disconnected('a');
  await new Promise((resolve) => setImmediate(resolve));
  expect(signal.aborted).toBe(true);
  expect(stop.signal.aborted).toBe(false);
});

test('an image that stands below what its source has said is older than that word', () => {
  const arrears = new Arrears(new VirtualClock());
  arrears.add('b', 'a/0000000000000001', 9);
  const at = (sequence: number) => new VersionVector([['a/0000000000000001', sequence]]);
  expect([8, 9, 10].map((sequence) => arrears.isOlder('b', at(sequence)))).toEqual([true, false, false]);
  expect(arrears.isOlder('c', at(1))).toBe(false);
});

test('a word that comes again counts from when it came last', async () => {
  const clock = new VirtualClock();
  const arrears = new Arrears(clock);
  const behind = new VersionVector([['a/0000000000000001', 8]]);
  arrears.add('b', 'a/0000000000000001', 9);
  await clock.run(sleep(clock, 2 * SHARE_IMAGE_MS));
  expect(arrears.isOlder('b', behind)).toBe(false);
  arrears.add('b', 'a/0000000000000001', 9);
  expect(arrears.isOlder('b', behind)).toBe(true);
});
