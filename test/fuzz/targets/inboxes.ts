import assert from 'node:assert/strict';
import { Inbox } from '../../../peer/exchange/inbox.ts';
import { packTuple, unpackTuple } from '../../../protocols/flat-tuple.ts';
import { decodeFrame, decodeUpdate } from '../../../protocols/updates/frame.ts';
import type { UpdateFeed } from '../../../protocols/updates/update-feed.ts';
import { FrameReader } from '../../../protocols/updates/update-reader.ts';
import { Identity } from '../../../src/sum/identity.ts';
import type { OriginKey } from '../../../src/sum/origin.ts';
import { ReplicatedSum } from '../../../src/sum/replicated-sum.ts';
import { UpdateLog } from '../../../src/sum/update-log.ts';
import { isFailure } from '../../../src/support/errors.ts';
import type { Random } from '../../../src/support/random.ts';
import { VirtualClock } from '../../../src/support/virtual-clock.ts';
import { frameOf, frameLayout as layout, frameUnit as unit } from '../../support/frames.ts';
import type { FuzzTarget } from '../fuzz.ts';
import { edge, hostileTuple, pick } from '../mutations.ts';

const MESSAGES = 20;
/** Small, so that it evicts within one case. */
const LOG_BYTES = 4096;
const origins: readonly OriginKey[] = ['a/0000000000000001', 'a/0000000000000002', 'b/0000000000000001'];
const identity = new Identity('b', () => 2n);
const feed = { taken: () => {}, tell: () => {}, source: 'b' } as unknown as UpdateFeed;

/** The next update of its origin, or one that is not: repeated, merged, ahead, of the far future, or malformed. */
function someFrame(random: Random, arrived: number): Uint8Array {
  const number = (value: number) => Math.min(2 ** 48, Math.max(1, Math.floor(Math.abs(value) || 1)));
  switch (random.below(8)) {
    case 0:
      return frameOf(number(edge(random)));
    case 1: {
      const to = number(arrived + random.below(5) - 1);
      return frameOf(to, { from: Math.max(0, to - 1 - random.below(3)) });
    }
    case 2:
      return frameOf(number(edge(random)), { from: arrived, samples: number(edge(random)) });
    case 3:
      return hostileTuple(random, [unpackTuple(frameOf(arrived + 1), 100)!]);
    case 4:
      return packTuple([]);
    default:
      return frameOf(arrived + 1);
  }
}

/** What arrives and what becomes of it: a refused frame leaves vector, queue, log and S as they were. */
export const inboxes: FuzzTarget = {
  name: 'inbox',
  perMille: 20,
  codes: [],
  attempt(random) {
    const log = new UpdateLog(LOG_BYTES);
    const inbox = new Inbox(
      { clock: new VirtualClock(), log, identity, reader: new FrameReader(layout, unit) },
      { onArrival: () => {} },
    );
    const sum = new ReplicatedSum(new Int32Array(layout.size), 1);
    const state = () => ({
      arrived: [...inbox.arrived.entries()],
      taken: [...inbox.taken.entries()],
      waiting: inbox.waiting,
      log: log.bytes,
      sum: sum.fingerprint(),
    });
    for (let message = 0; message < MESSAGES; message++) {
      const origin = pick(random, origins);
      const before = state();
      try {
        inbox.accept(origin, someFrame(random, inbox.arrived.get(origin)), feed);
      } catch (error) {
        if (!isFailure(error, 'MESSAGE_INVALID')) throw error;
        assert.deepEqual(state(), before);
      }
      assert.ok(log.bytes <= LOG_BYTES);
      if (random.below(4) === 0) apply(inbox, sum);
    }
    apply(inbox, sum);
    assert.ok(sum.holds());
    assert.ok(sum.vector.equals(inbox.arrived) && inbox.taken.equals(inbox.arrived));
  },
};

/** As the replica does: everything handed over is next in its order, and nothing is applied twice. */
function apply(inbox: Inbox, sum: ReplicatedSum): void {
  for (const { origin, bytes } of inbox.take(() => {})) {
    const frame = decodeFrame(bytes, { layout, nowMs: 0 });
    const update = { origin, from: frame.from, to: frame.to, delta: decodeUpdate(frame, layout, unit) };
    assert.equal(sum.apply(update), 'next');
    const before = sum.fingerprint();
    assert.equal(sum.apply(update), 'covered');
    assert.deepEqual(sum.fingerprint(), before);
  }
}
