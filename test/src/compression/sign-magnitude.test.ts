import { expect, test } from 'vitest';
import { MAX_MAGNITUDE } from '../../../src/compression/magnitude.ts';
import { signMagnitudeCode } from '../../../src/compression/sign-magnitude.ts';
import { layoutOf } from '../../../src/models/layout.ts';
import { seededRandom } from '../../../src/support/random.ts';

const layout = layoutOf([
  { name: 'a', shape: [2, 2] },
  { name: 'b', shape: [3] },
  { name: 'c', shape: [70_000] },
]);
const context = (low: number, high: number) => ({ layout, range: { low, high }, unit: 0.5 });
const invalid = expect.objectContaining({ failure: expect.objectContaining({ code: 'MESSAGE_INVALID' }) });

/** `length` values of which the first are `head`. */
function pendingOf(...head: number[]): Float32Array {
  const pending = new Float32Array(layout.size);
  pending.set(head);
  return pending;
}

test('a tensor touched has one magnitude, the mean of its selected entries', () => {
  const pending = pendingOf(4, -2, 9, 9, 9, 9, -7, 1);
  const { encoded, delta } = signMagnitudeCode.encode(pending, Uint32Array.of(0, 1, 6, 7), context(0, 20));
  // In halves: (4 + 2) / 2, then 7, then 1.
  expect(encoded.magnitudes).toEqual([6, 14, 2]);
  expect([...delta.values]).toEqual([6, -6, -14, 2]);
});

test('a magnitude is one unit at least, and bounded', () => {
  const small = signMagnitudeCode.encode(pendingOf(0.01), Uint32Array.of(0), context(0, 4));
  expect(small.encoded.magnitudes).toEqual([1]);
  const large = signMagnitudeCode.encode(pendingOf(-1e30), Uint32Array.of(0), context(0, 4));
  expect([...large.delta.values]).toEqual([-MAX_MAGNITUDE]);
});

test('nothing selected takes the bytes of a count', () => {
  const { encoded, delta } = signMagnitudeCode.encode(pendingOf(), new Uint32Array(0), context(0, 60_000));
  expect(encoded).toEqual({ magnitudes: [], payload: new Uint8Array(2) });
  expect(delta.values.length).toBe(0);
});

test('magnitudes must be as many as the tensors touched, and each within its bounds', () => {
  const { encoded } = signMagnitudeCode.encode(pendingOf(1, 1, 1, 1, 1), Uint32Array.of(0, 4), context(0, 7));
  for (const magnitudes of [[2], [2, 2, 2], [2, 0], [2, 1.5], [2, MAX_MAGNITUDE + 1], [2, -2], []]) {
    expect(() => signMagnitudeCode.decode({ ...encoded, magnitudes }, context(0, 7))).toThrow(invalid);
  }
  const bounds = { ...encoded, magnitudes: [1, MAX_MAGNITUDE] };
  expect([...signMagnitudeCode.decode(bounds, context(0, 7)).values]).toEqual([1, MAX_MAGNITUDE]);
});

test('a count beyond the bytes received is refused before anything is allocated', () => {
  // 16 bits for the count of a range of 65,535.
  const payload = Uint8Array.of(0xff, 0xff, 0, 0, 0);
  expect(() => signMagnitudeCode.decode({ magnitudes: [1], payload }, context(0, 65_535))).toThrow(/ends early/);
});

test('a count beyond the range is refused', () => {
  const payload = Uint8Array.of(0xff, 0xff, 0xff);
  expect(() => signMagnitudeCode.decode({ magnitudes: [1], payload }, context(0, 4))).toThrow(/more entries/);
});

test('positions and signs at 1 % density come within 3 % of their entropy', () => {
  const random = seededRandom('entropy');
  const size = 600_000;
  const pending = new Float32Array(size).map(() => random.normal());
  const positions = Uint32Array.from([...pending.keys()].filter(() => random.uniform() < 0.01));
  expect(positions.length).toBeGreaterThan(5000);
  const density = positions.length / size;
  const entropy = -(density * Math.log2(density) + (1 - density) * Math.log2(1 - density)) / density + 1;

  const wide = { layout: layoutOf([{ name: 't', shape: [size] }]), range: { low: 0, high: size }, unit: 2 ** -24 };
  const { encoded } = signMagnitudeCode.encode(pending, positions, wide);
  expect((8 * encoded.payload.length) / positions.length).toBeLessThan(1.03 * entropy);
});
