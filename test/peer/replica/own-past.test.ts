import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OwnPast, shrink } from '../../../peer/replica/own-past.ts';
import { Replica } from '../../../peer/replica/replica.ts';
import type { Delta } from '../../../src/sum/delta.ts';

const unit = 2 ** -4;
const [former, present] = ['a/0000000000000001', 'a/0000000000000002'];

const dense = (...values: number[]): Delta => ({ positions: null, offset: 0, values: Int32Array.from(values) });

test('shrinking goes toward zero by at most the value, and never across or away', () => {
  const entry = fc.integer({ min: -100, max: 100 });
  fc.assert(
    fc.property(entry, entry, (held, value) => {
      const pending = Float32Array.of(held * unit);
      shrink(pending, dense(value), unit);
      // Zero has no sign here.
      const after = pending[0]! / unit + 0;
      const sameSign = held * value > 0;
      expect(after).toBe((sameSign ? Math.sign(held) * Math.max(0, Math.abs(held) - Math.abs(value)) : held) + 0);
    }),
  );
});

describe('an own update that comes back', () => {
  test('after a checkpoint was restored shrinks what is pending', () => {
    const pending = Float32Array.of(5 * unit, 2 * unit, -3 * unit);
    new OwnPast({ restored: true, givenUp: [], returned: [] }).comesBack(former!, 7, dense(4, 4, 4), pending, unit);
    expect([...pending]).toEqual([unit, 0, -3 * unit]);
  });

  test('and was put back leaves it whole; one that was lost leaves it as it is', () => {
    const past = new OwnPast({ restored: true, givenUp: [[former!, 6]], returned: [] });
    const pending = Float32Array.of(5 * unit, 2 * unit, -3 * unit);
    past.comesBack(former!, 6, dense(1, 1, 1), pending, unit);
    past.comesBack(former!, 7, dense(4, 4, 4), pending, unit);
    expect([...pending]).toEqual([unit, -2 * unit, -7 * unit]);
  });

  test('from a process that left no checkpoint is nothing to this one', () => {
    const pending = Float32Array.of(unit);
    new OwnPast({ restored: false, givenUp: [], returned: [] }).comesBack(former!, 1, dense(4), pending, unit);
    expect([...pending]).toEqual([unit]);
  });
});

describe('a replica', () => {
  const replicaOf = (origin: string) => new Replica(new Int32Array(2), { unit, origin, hashSeed: 1 });
  const held = ({ sum, pending }: Replica) => [...pending].map((value, i) => value / unit + sum.values[i]!);

  test('that gives up own updates has them in `pending`, and conserves the sum of both', () => {
    const replica = replicaOf(former!);
    replica.pending.set([8 * unit, 3 * unit]);
    const other = replicaOf('b/0000000000000001').sum.image();
    const empty = { ...other, values: other.values.slice() };
    replica.publish(dense(5, 1), false);
    replica.publish(dense(2, 1), false);
    const before = held(replica);
    replica.adopt(empty);
    replica.giveUp(0, [dense(5, 1), dense(2, 1)], present!);
    expect(held(replica)).toEqual(before);
    expect(replica.origin).toBe(present);
    expect(replica.publish(dense(1, 0), false)).toBe(1);
    // Somebody else had the first of them.
    replica.apply({ origin: former!, from: 0, to: 1, delta: dense(5, 1) });
    expect(held(replica)).toEqual(before);
    expect(replica.remains().givenUp).toEqual([[former, 1]]);
  });

  test('that was restored and adopts later own updates unseen forgets what is pending', () => {
    const replica = replicaOf(present!);
    const remains = replicaOf(former!).remains();
    replica.restore({ ...remains, pending: Float32Array.of(1, 2), velocity: Float32Array.of(3, 4) });
    const other = replicaOf('b/0000000000000001');
    other.apply({ origin: 'b/0000000000000001', from: 0, to: 1, delta: dense(9, 9) });
    replica.adopt(other.sum.image());
    expect([...replica.pending]).toEqual([1, 2]);
    other.apply({ origin: former!, from: 0, to: 1, delta: dense(9, 9) });
    replica.adopt(other.sum.image());
    expect([...replica.pending, ...replica.velocity]).toEqual([0, 0, 0, 0]);
    expect([...replica.sum.values]).toEqual([18, 18]);
    expect(replica.sum.holds()).toBe(true);
  });

  describe('that came back, and is replayed after an image without it was adopted, acts on `pending` no more', () => {
    const empty = () => structuredClone(replicaOf('b/0000000000000001').sum.image());
    const back = { origin: former!, from: 0, to: 1, delta: dense(8, 0) };

    test('where it was given up', () => {
      const replica = replicaOf(former!);
      replica.pending[0] = 8 * unit;
      replica.publish(back.delta, false);
      replica.adopt(empty());
      replica.giveUp(0, [back.delta], present!);
      for (let times = 0; times < 3; times++) {
        replica.apply(back);
        expect([replica.sum.values[0], replica.pending[0]]).toEqual([8, 0]);
        replica.adopt(empty());
      }
      // An image that has it does not clear what was learnt since.
      replica.pending[0] = unit;
      const other = replicaOf('b/0000000000000001');
      other.apply(back);
      replica.adopt(other.sum.image());
      expect(replica.pending[0]).toBe(unit);
    });

    test('where a checkpoint was restored, also in the process after the next', () => {
      const replica = replicaOf(present!);
      replica.restore({ ...replicaOf(former!).remains(), pending: Float32Array.of(20 * unit, 0) });
      for (let times = 0; times < 3; times++) {
        replica.apply(back);
        expect(replica.pending[0]).toBe(12 * unit);
        replica.adopt(empty());
      }
      const next = replicaOf('a/0000000000000003');
      next.restore(replica.remains());
      next.apply(back);
      expect(next.pending[0]).toBe(12 * unit);
    });

    test('where the checkpoint already had it', () => {
      const before = replicaOf(former!);
      before.pending[0] = 20 * unit;
      before.publish(back.delta, false);
      const replica = replicaOf(present!);
      replica.restore(before.remains());
      replica.adopt(empty());
      replica.apply(back);
      expect(replica.pending[0]).toBe(12 * unit);
    });
  });

  test('whose `pending` was cleared for what it held takes nothing more out of it', () => {
    const replica = replicaOf(present!);
    replica.restore({ ...replicaOf(former!).remains(), pending: Float32Array.of(20 * unit, 0) });
    const other = replicaOf('b/0000000000000001');
    other.apply({ origin: former!, from: 0, to: 1, delta: dense(8, 0) });
    replica.adopt(other.sum.image());
    replica.pending[0] = 5 * unit;
    replica.apply({ origin: former!, from: 1, to: 2, delta: dense(3, 0) });
    expect(replica.pending[0]).toBe(5 * unit);
  });
});
