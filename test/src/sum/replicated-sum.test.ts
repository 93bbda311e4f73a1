import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Delta } from '../../../src/sum/delta.ts';
import { addFingerprints, LinearHash, sameFingerprint } from '../../../src/sum/fingerprint.ts';
import { ReplicatedSum, type Update } from '../../../src/sum/replicated-sum.ts';
import { VersionVector } from '../../../src/sum/version-vector.ts';

const SIZE = 64;
const HASH_SEED = 5;

const sparse = fc.uniqueArray(fc.nat(SIZE - 1), { maxLength: 20 }).chain((positions) =>
  fc
    .array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), {
      minLength: positions.length,
      maxLength: positions.length,
    })
    .map(
      (values): Delta => ({
        positions: Uint32Array.from(positions.sort((a, b) => a - b)),
        offset: 0,
        values: Int32Array.from(values),
      }),
    ),
);
const dense = fc
  .tuple(fc.nat(SIZE - 1), fc.array(fc.integer(), { minLength: 1, maxLength: SIZE }))
  .map(
    ([offset, values]): Delta => ({ positions: null, offset, values: Int32Array.from(values.slice(0, SIZE - offset)) }),
  );

/** What up to four origins published, each in its order. */
const history = fc
  .array(fc.array(fc.oneof(sparse, dense), { maxLength: 8 }), { minLength: 1, maxLength: 4 })
  .map((origins) =>
    origins.map((deltas, k) => deltas.map((delta, s): Update => ({ origin: `o${k}`, from: s, to: s + 1, delta }))),
  );
/** Start vectors with large entries, so that additions wrap. */
const start = fc
  .array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { minLength: SIZE, maxLength: SIZE })
  .map((values) => Int32Array.from(values));

/** Offers the updates in a random order, with repetitions, until none is missing: a lossy, repeating relay. */
function deliver(sum: ReplicatedSum, updates: Update[][], order: number[]): void {
  const wanted = new VersionVector(
    updates.flatMap((own) => (own.length > 0 ? [[own[0]!.origin, own.length] as const] : [])),
  );
  const all = updates.flat();
  for (const pick of order) if (all.length > 0) sum.apply(all[pick % all.length]!);
  for (let pass = 0; !sum.vector.covers(wanted); pass++) {
    if (pass > all.length) throw new Error('a covered update was refused');
    for (const update of all.toReversed()) sum.apply(update);
  }
}

test('any order and repetition of the same updates gives the same bits', () => {
  fc.assert(
    fc.property(
      start,
      history,
      fc.array(fc.nat(), { maxLength: 60 }),
      fc.array(fc.nat(), { maxLength: 60 }),
      (s, updates, one, two) => {
        const a = new ReplicatedSum(s.slice(), HASH_SEED);
        const b = new ReplicatedSum(s.slice(), HASH_SEED);
        deliver(a, updates, one);
        deliver(b, updates, two);
        expect(a.values).toEqual(b.values);
        expect(a.vector.equals(b.vector)).toBe(true);
        expect(sameFingerprint(a.fingerprint(), b.fingerprint())).toBe(true);
      },
    ),
  );
});

test('consecutive updates of one origin may be grouped: applied whole, only where the vector stands at their start', () => {
  fc.assert(
    fc.property(start, fc.array(dense, { minLength: 2, maxLength: 6 }), fc.nat(), (s, deltas, where) => {
      const single = new ReplicatedSum(s.slice(), HASH_SEED);
      deltas.forEach((delta, k) => single.apply({ origin: 'o', from: k, to: k + 1, delta }));
      const cut = where % (deltas.length - 1);
      const grouped = new ReplicatedSum(s.slice(), HASH_SEED);
      const total = new Int32Array(SIZE);
      for (const { offset, values } of deltas.slice(cut))
        values.forEach((v, k) => (total[offset + k] = (total[offset + k]! + v) | 0));
      const rest: Update = {
        origin: 'o',
        from: cut,
        to: deltas.length,
        delta: { positions: null, offset: 0, values: total },
      };
      if (cut > 0) expect(grouped.apply(rest)).toBe('gap');
      deltas.slice(0, cut).forEach((delta, k) => grouped.apply({ origin: 'o', from: k, to: k + 1, delta }));
      expect(grouped.apply(rest)).toBe('next');
      expect(grouped.apply(rest)).toBe('covered');
      expect(grouped.apply({ ...rest, to: rest.to + 1 })).toBe(cut === deltas.length ? 'next' : 'straddles');
      expect(grouped.values).toEqual(single.values);
      expect(grouped.fingerprint()).toEqual(single.fingerprint());
    }),
  );
});

test('the fingerprint equation holds at every step and fails when one bit of S is flipped', () => {
  fc.assert(
    fc.property(start, history, fc.nat(SIZE - 1), fc.nat(31), (s, updates, index, bit) => {
      const sum = new ReplicatedSum(s.slice(), HASH_SEED);
      expect(sum.holds()).toBe(true);
      for (const update of updates.flat()) {
        sum.apply(update);
        expect(sum.holds()).toBe(true);
      }
      sum.values[index]! ^= 1 << bit;
      expect(sum.holds()).toBe(false);
    }),
  );
});

test('the hash is linear, and both lanes see every entry', () => {
  const hash = new LinearHash(HASH_SEED);
  fc.assert(
    fc.property(start, start, (a, b) => {
      const both = a.map((value, i) => (value + b[i]!) | 0);
      expect(hash.ofVector(both)).toEqual(addFingerprints(hash.ofVector(a), hash.ofVector(b)));
    }),
  );
  for (let i = 0; i < SIZE; i++) {
    const one = hash.ofDelta({ positions: Uint32Array.of(i), offset: 0, values: Int32Array.of(1) });
    expect(one[0]! % 2).toBe(1);
    expect(one[1]! % 2).toBe(1);
    expect(one[0]).not.toBe(one[1]);
  }
});
