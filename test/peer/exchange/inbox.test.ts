import { beforeEach, describe, expect, test } from 'vitest';
import { Inbox } from '../../../peer/exchange/inbox.ts';
import { MAX_IMAGE_ORIGINS } from '../../../protocols/replica/constants.ts';
import { MAX_INCARNATIONS } from '../../../protocols/updates/constants.ts';
import type { UpdateFeed } from '../../../protocols/updates/update-feed.ts';
import { FrameReader } from '../../../protocols/updates/update-reader.ts';
import { Identity } from '../../../src/sum/identity.ts';
import type { OriginKey } from '../../../src/sum/origin.ts';
import { UpdateLog } from '../../../src/sum/update-log.ts';
import { VirtualClock } from '../../../src/support/virtual-clock.ts';
import { failureOf } from '../../support/failures.ts';
import { frameLayout, frameOf, frameUnit } from '../../support/frames.ts';

const a: OriginKey = 'a/0000000000000001';
const b: OriginKey = 'b/0000000000000001';
let log: UpdateLog;
let identity: Identity;
let taken: number[];
let tellings: number;
let feed: UpdateFeed;
let arrivals: string[];

beforeEach(() => {
  log = new UpdateLog(2 ** 26);
  let drawn = 0n;
  identity = new Identity('self', () => ++drawn);
  taken = [];
  tellings = 0;
  arrivals = [];
  // All that an inbox uses of a feed.
  feed = { taken: (bytes: number) => taken.push(bytes), tell: () => tellings++ } as unknown as UpdateFeed;
});

const inboxOf = () =>
  new Inbox(
    { clock: new VirtualClock(), log, identity, reader: new FrameReader(frameLayout, frameUnit) },
    { onArrival: (origin, { to, samples }) => arrivals.push(`${origin} ${to} ${samples}`) },
  );

describe('an inbox', () => {
  test('keeps frames in order, logs their bytes, and hands them over once', () => {
    const inbox = inboxOf();
    const frames = [frameOf(1), frameOf(2), frameOf(1)];
    inbox.accept(a, frames[0]!, feed);
    inbox.accept(a, frames[1]!, feed);
    inbox.accept(b, frames[2]!, feed);
    expect(inbox.waiting).toBe(3);
    expect(arrivals).toEqual([`${a} 1 100`, `${a} 2 200`, `${b} 1 100`]);
    expect([inbox.arrived.get(a), inbox.arrived.get(b)]).toEqual([2, 1]);
    expect(log.entryFrom(a, 1)).toEqual({ origin: a, from: 1, to: 2, bytes: frames[1] });
    const times: object[] = [];
    const handed = inbox.take((time) => times.push(time));
    expect(handed.map(({ origin, bytes }) => [origin, bytes])).toEqual([
      [a, frames[0]],
      [a, frames[1]],
      [b, frames[2]],
    ]);
    expect(times).toHaveLength(3);
    expect(times[0]).toMatchObject({ publishedAtMs: 1000, pendingMs: 50 });
    expect([inbox.waiting, inbox.take(() => {}).length]).toEqual([0, 0]);
  });

  test('tells a feed what was taken when it was taken, not when it arrived', () => {
    const inbox = inboxOf();
    const frames = [1, 2, 3, 4].map((to) => frameOf(to));
    for (const frame of frames) inbox.accept(a, frame, feed);
    expect([taken, inbox.taken.get(a)]).toEqual([[], 0]);
    inbox.take(() => {});
    expect([taken, inbox.taken.get(a)]).toEqual([frames.map(({ length }) => length), 4]);
    expect(tellings).toBe(0);
    inbox.tell();
    inbox.tell();
    expect(tellings).toBe(1);
  });

  test('drops what it has, and tells its feed so at once', () => {
    const inbox = inboxOf();
    inbox.accept(a, frameOf(1), feed);
    inbox.accept(a, frameOf(1), feed);
    expect([inbox.waiting, taken, arrivals.length]).toEqual([1, [frameOf(1).length], 1]);
  });

  test('counts own publications as arrived and logs them, and does not queue them', () => {
    const inbox = inboxOf();
    inbox.acceptOwn(a, 1, frameOf(1));
    inbox.acceptOwn(a, 2, frameOf(2));
    expect([inbox.arrived.get(a), inbox.taken.get(a), inbox.waiting, log.entryFrom(a, 1)?.to]).toEqual([2, 2, 0, 2]);
  });

  test('takes from others what this peer published under a former origin, and under the present one nothing', async () => {
    const inbox = inboxOf();
    const former = identity.origin;
    identity.become(identity.drawOrigin());
    inbox.accept(former, frameOf(1), feed);
    inbox.acceptOwn(identity.origin, 1, frameOf(1));
    // A relay may still bring what it has been given.
    inbox.accept(identity.origin, frameOf(1), feed);
    expect([inbox.arrived.get(former), inbox.arrived.get(identity.origin), taken.length]).toEqual([1, 1, 1]);
    await failureOf(() => inbox.accept(identity.origin, frameOf(2), feed), 'MESSAGE_INVALID');
    expect([inbox.arrived.get(identity.origin), inbox.waiting]).toEqual([1, 1]);
    inbox.acceptOwn(identity.origin, 2, frameOf(2));
    expect(log.entryFrom(identity.origin, 0)?.to).toBe(1);
  });

  test('takes merged updates whole', () => {
    const inbox = inboxOf();
    inbox.accept(a, frameOf(5, { from: 0 }), feed);
    inbox.accept(a, frameOf(3, { from: 1 }), feed);
    expect([inbox.arrived.get(a), inbox.waiting, taken.length]).toEqual([5, 1, 1]);
  });

  test('rings on every arrival', () => {
    const inbox = inboxOf();
    let rings = 0;
    inbox.arrivals.onNextRing(() => rings++);
    inbox.accept(a, frameOf(1), feed);
    expect(rings).toBe(1);
  });
});

test.each<[string, Uint8Array]>([
  ['that leaves a gap', frameOf(4)],
  ['that straddles what has arrived', frameOf(3, { from: 1 })],
  ['that is garbage', Uint8Array.of(1, 2, 3)],
  ['that is empty', new Uint8Array(0)],
  ['with an unknown code', frameOf(3, { code: 99 })],
  ['with a payload cut short', frameOf(3, { payload: new Uint8Array(0) })],
  ['with a magnitude too many', frameOf(3, { magnitudes: [1, 1, 1] })],
  ['with too few magnitudes', frameOf(3, { magnitudes: [] })],
])('a frame %s is MESSAGE_INVALID, and leaves vector, log and queue untouched', async (_what, bytes) => {
  const inbox = inboxOf();
  inbox.accept(a, frameOf(1), feed);
  inbox.accept(a, frameOf(2), feed);
  const before = { vector: [...inbox.arrived.entries()], bytes: log.bytes, waiting: inbox.waiting };
  await failureOf(() => inbox.accept(a, bytes, feed), 'MESSAGE_INVALID');
  expect({ vector: [...inbox.arrived.entries()], bytes: log.bytes, waiting: inbox.waiting }).toEqual(before);
  expect([taken, arrivals.length]).toEqual([[], 2]);
  inbox.accept(a, frameOf(3), feed);
  expect(inbox.arrived.get(a)).toBe(3);
});

test('more than MAX_INCARNATIONS of one peer are dropped without blame, and others taken as before', () => {
  const inbox = inboxOf();
  const originOf = (peer: string, n: number) => `${peer}/${n.toString(16).padStart(16, '0')}`;
  for (let n = 0; n < MAX_INCARNATIONS; n++) inbox.accept(originOf('a', n), frameOf(1), feed);
  for (const to of [1, 2]) inbox.accept(originOf('a', MAX_INCARNATIONS), frameOf(to), feed);
  expect([inbox.waiting, inbox.arrived.get(originOf('a', MAX_INCARNATIONS))]).toEqual([MAX_INCARNATIONS, 0]);
  expect(taken).toEqual([1, 2].map((to) => frameOf(to).length));
  inbox.accept(originOf('a', 0), frameOf(2), feed);
  inbox.accept(originOf('b', 0), frameOf(1), feed);
  expect(inbox.waiting).toBe(MAX_INCARNATIONS + 2);
});

test('no more than MAX_IMAGE_ORIGINS are believed', async () => {
  const inbox = inboxOf();
  const frame = frameOf(1);
  const originOf = (n: number) => `p${n >> 4}/${n.toString(16).padStart(16, '0')}`;
  for (let n = 0; n < MAX_IMAGE_ORIGINS; n++) inbox.accept(originOf(n), frame, feed);
  await failureOf(() => inbox.accept(originOf(MAX_IMAGE_ORIGINS), frame, feed), 'MESSAGE_INVALID');
  inbox.accept(originOf(0), frameOf(2), feed);
  expect(inbox.waiting).toBe(MAX_IMAGE_ORIGINS + 1);
});

test('an inbox stands where its replica does: what waits goes, and the log goes on from there', () => {
  const inbox = inboxOf();
  for (const to of [1, 2, 3]) inbox.accept(a, frameOf(to), feed);
  for (const to of [1, 2]) inbox.accept(b, frameOf(to), feed);
  inbox.rebase([
    [a, 2],
    [b, 7],
  ]);
  expect([inbox.waiting, inbox.arrived.total(), inbox.taken.total()]).toEqual([0, 9, 9]);
  expect([log.entryFrom(a, 1)?.to, log.entryFrom(a, 2), log.floor(b)]).toEqual([2, null, 7]);
  inbox.accept(a, frameOf(3), feed);
  inbox.accept(b, frameOf(8), feed);
  expect([inbox.waiting, log.entryFrom(a, 2)?.to, log.entryFrom(b, 7)?.to]).toEqual([2, 3, 8]);
  // More incarnations than are accepted one by one may come with a replica.
  const many = Array.from({ length: MAX_INCARNATIONS + 1 }, (_, k) => [`c/${String(k).padStart(16, '0')}`, 1] as const);
  inbox.rebase(many);
  expect(inbox.arrived.total()).toBe(MAX_INCARNATIONS + 1);
});
