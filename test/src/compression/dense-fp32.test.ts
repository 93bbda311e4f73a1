import { expect, test } from 'vitest';
import { denseFp32Code } from '../../../src/compression/dense-fp32.ts';
import { MAX_MAGNITUDE } from '../../../src/compression/magnitude.ts';
import { layoutOf } from '../../../src/models/layout.ts';

const layout = layoutOf([{ name: 't', shape: [6] }]);
const context = { layout, range: { low: 2, high: 5 }, unit: 2 ** -24 };
const invalid = expect.objectContaining({ failure: expect.objectContaining({ code: 'MESSAGE_INVALID' }) });

test('values travel as little-endian float32 and become the nearest lattice values', () => {
  const pending = Float32Array.of(9, 9, 1, -0.25, 1e-9, 9);
  const { encoded, delta } = denseFp32Code.encode(pending, null, context);
  expect(Buffer.from(encoded.payload).toString('hex')).toBe('0000803f000080be5f708930');
  expect([...delta.values]).toEqual([2 ** 24, -(2 ** 22), 0]);
  expect(delta.offset).toBe(2);
});

test('positions zero the entries that are not among them', () => {
  const { delta } = denseFp32Code.encode(Float32Array.of(0, 0, 1, 2, 3, 0), Uint32Array.of(3), context);
  expect([...delta.values]).toEqual([0, 2 ** 25, 0]);
});

test('a step is bounded', () => {
  const { delta } = denseFp32Code.encode(Float32Array.of(0, 0, 1e9, -1e9, 3e38, 0), null, context);
  expect([...delta.values]).toEqual([MAX_MAGNITUDE, -MAX_MAGNITUDE, MAX_MAGNITUDE]);
});

test('magnitudes, other lengths and numbers that are not finite are refused', () => {
  const payload = new Uint8Array(12);
  expect(() => denseFp32Code.decode({ magnitudes: [1], payload }, context)).toThrow(invalid);
  expect(() => denseFp32Code.decode({ magnitudes: [], payload: payload.subarray(1) }, context)).toThrow(invalid);
  for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY]) {
    new DataView(payload.buffer).setFloat32(4, bad, true);
    expect(() => denseFp32Code.decode({ magnitudes: [], payload }, context)).toThrow(invalid);
  }
});
