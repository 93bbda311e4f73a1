import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Replica } from '../../../peer/replica/replica.ts';
import { signMagnitudeCode } from '../../../src/compression/sign-magnitude.ts';
import type { UpdateCode } from '../../../src/compression/update-code.ts';
import { updateCodes } from '../../../src/compression/update-codes.ts';
import { layoutOf } from '../../../src/models/layout.ts';
import { partitionRange } from '../../../src/sum/delta.ts';
import { ReplicatedSum } from '../../../src/sum/replicated-sum.ts';
import { seededRandom } from '../../../src/support/random.ts';

const unit = 2 ** -24;
const origin = 'a/0000000000000001';
const layout = layoutOf([
  { name: 'kernel', shape: [12, 5] },
  { name: 'bias', shape: [5] },
  { name: 'out', shape: [5, 3] },
]);

interface Moment {
  readonly seed: number;
  readonly scale: number;
  readonly partitions: number;
  readonly density: number | null;
}

/** A replica in the middle of a run, and what leaves it: partition, density of selection (null: not selected). */
const moments: fc.Arbitrary<Moment> = fc.record({
  seed: fc.nat(),
  scale: fc.constantFrom(1e-9, 1e-4, 1e-2, 1, 100),
  partitions: fc.integer({ min: 1, max: 6 }),
  density: fc.constantFrom(null, 0.05, 0.5, 1),
});

function replicaAt({ seed, scale }: Moment): { replica: Replica; start: Int32Array } {
  const random = seededRandom(seed);
  const start = new Int32Array(layout.size).map(() => random.below(2 ** 26) - 2 ** 25);
  const replica = new Replica(start.slice(), { unit, origin, hashSeed: 3 });
  for (let i = 0; i < layout.size; i++) {
    replica.pending[i] = random.normal() * scale;
    replica.velocity[i] = random.normal();
  }
  return { replica, start };
}

function encode(code: UpdateCode, replica: Replica, { seed, partitions, density }: Moment) {
  const random = seededRandom(seed).fork('selection');
  const range = partitionRange(random.below(partitions), partitions, layout.size);
  const all = Array.from({ length: range.high - range.low }, (_, i) => range.low + i);
  const positions = density === null ? null : Uint32Array.from(all.filter(() => random.uniform() < density));
  const context = { layout, range, unit };
  return { context, ...code.encode(replica.pending, positions, context) };
}

describe.each(updateCodes)('publishing with $name', (code) => {
  test('conserves S * unit + pending to float rounding', () => {
    fc.assert(
      fc.property(moments, (moment) => {
        const { replica } = replicaAt(moment);
        const total = () => Array.from(replica.pending, (value, i) => replica.sum.values[i]! * unit + value);
        const before = total();
        expect(replica.publish(encode(code, replica, moment).delta, false)).toBe(1);
        total().forEach((value, i) => {
          // Half a unit in the last place of what stays pending.
          expect(Math.abs(value - before[i]!)).toBeLessThanOrEqual(Math.abs(replica.pending[i]!) * 2 ** -24);
        });
      }),
    );
  });

  test('subtracts exactly what every receiver adds', () => {
    fc.assert(
      fc.property(moments, (moment) => {
        const { replica, start } = replicaAt(moment);
        const receiver = new ReplicatedSum(start, 3);
        for (let sequence = 1; sequence <= 3; sequence++) {
          const { context, encoded, delta } = encode(code, replica, { ...moment, seed: moment.seed + sequence });
          expect(replica.publish(delta, true)).toBe(sequence);
          const received = code.decode(structuredClone(encoded), context);
          expect(receiver.apply({ origin, from: sequence - 1, to: sequence, delta: received })).toBe('next');
        }
        expect(receiver.values).toEqual(replica.sum.values);
        expect(receiver.fingerprint()).toEqual(replica.sum.fingerprint());
        expect(receiver.vector.equals(replica.sum.vector)).toBe(true);
        expect(receiver.holds() && replica.sum.holds()).toBe(true);
      }),
    );
  });
});

test('momentum of what was sent is masked after a sparse publication, and of nothing else', () => {
  const moment = { seed: 1, scale: 1, partitions: 1, density: 0.3 };
  const { replica } = replicaAt(moment);
  const before = replica.velocity.slice();
  const { positions } = encode(signMagnitudeCode, replica, moment).delta;
  replica.publish(encode(signMagnitudeCode, replica, moment).delta, true);
  const sent = new Set(positions);
  expect(sent.size).toBeGreaterThan(5);
  replica.velocity.forEach((value, i) => {
    expect(value).toBe(sent.has(i) ? 0 : before[i]);
  });
});

test('momentum stays after a dense publication', () => {
  const moment = { seed: 1, scale: 1, partitions: 1, density: null };
  const { replica } = replicaAt(moment);
  const before = replica.velocity.slice();
  const dense = updateCodes.find(({ name }) => name === 'dense-fp32')!;
  replica.publish(encode(dense, replica, moment).delta, false);
  expect(replica.velocity).toEqual(before);
});

test('learning is SGD with momentum, into pending alone', () => {
  const replica = new Replica(new Int32Array(2), { unit, origin, hashSeed: 0 });
  replica.learn(Float32Array.of(1, -2), 0.5, 0.5);
  expect([...replica.pending]).toEqual([-0.5, 1]);
  replica.learn(Float32Array.of(1, 0), 0.5, 0.5);
  expect([...replica.velocity]).toEqual([0.75, -0.5]);
  expect([...replica.pending]).toEqual([-1.25, 1.5]);
  expect([...replica.sum.values]).toEqual([0, 0]);
});

test('the shared model is S times its unit', () => {
  const replica = new Replica(Int32Array.of(2 ** 24, -(2 ** 23), 1), { unit, origin, hashSeed: 0 });
  replica.pending.fill(5);
  const weights = new Float32Array(3);
  replica.shared(weights);
  expect([...weights]).toEqual([1, -0.5, unit]);
});
