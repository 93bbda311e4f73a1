import fc from 'fast-check';
import { expect, test } from 'vitest';
import { overlaps } from '../../../peer/replica/partition-overlap.ts';
import { ResidueAge } from '../../../peer/replica/residue-age.ts';
import { Sweep } from '../../../peer/replica/sweep.ts';

const partitionCounts = fc.integer({ min: 1, max: 40 });

test('with one number of partitions each has its turn in order, from the own place on, wherever a run goes on', () => {
  fc.assert(
    fc.property(partitionCounts, fc.nat({ max: 50 }), fc.nat({ max: 1_000 }), (partitions, phase, from) => {
      const sweep = new Sweep(phase);
      for (let round = from; round < from + 100; round++) {
        expect(sweep.next(round, partitions)).toBe((round + phase) % partitions);
      }
    }),
  );
});

test('no entry is left out while the number of partitions changes: a settled number then sweeps over all', () => {
  const changes = fc.array(fc.record({ partitions: partitionCounts, rounds: fc.integer({ min: 1, max: 9 }) }), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(changes, partitionCounts, fc.nat({ max: 50 }), (before, settled, phase) => {
      const sweep = new Sweep(phase);
      let round = 0;
      for (const { partitions, rounds } of before) for (let n = 0; n < rounds; n++) sweep.next(round++, partitions);
      const seen = new Set(Array.from({ length: settled }, () => sweep.next(round++, settled)));
      expect(seen.size).toBe(settled);
    }),
  );
});

test('after a change, what has waited longest comes first', () => {
  const sweep = new Sweep(0);
  for (let round = 0; round < 3; round++) sweep.next(round, 4);
  expect(sweep.next(3, 8)).toBe(6);
  expect(sweep.next(4, 8)).toBe(7);
  expect(sweep.next(5, 4)).toBe(0);
});

test('overlaps share out every old partition, and fill every new one', () => {
  fc.assert(
    fc.property(partitionCounts, partitionCounts, (from, to) => {
      const left = new Float64Array(from);
      const filled = new Float64Array(to);
      overlaps(from, to, (old, next, share) => {
        expect(share).toBeGreaterThan(0);
        left[old]! += share;
        filled[next]! += share;
      });
      for (const share of left) expect(share).toBeCloseTo(1, 9);
      for (const shares of filled) expect(shares).toBeCloseTo(from / to, 9);
    }),
  );
});

test('the age of the residue follows the partitions', () => {
  const age = new ResidueAge(2, 0);
  age.publish(0, 4, 2, 100);
  age.publish(1, 8, 8, 200);
  age.repartition(1);
  // Residue of 2 from the middle of 0 to 100 and of 8 from that of 0 to 200: 90 on average, as nothing is new.
  expect(age.publish(0, 10, 0, 300)).toBeCloseTo(210, 9);
  age.repartition(4);
  // All of it is new since then.
  expect(age.publish(3, 5, 0, 400)).toBeCloseTo(50, 9);
});
