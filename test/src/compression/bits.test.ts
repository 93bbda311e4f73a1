import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BitReader, BitWriter } from '../../../src/compression/bits.ts';

const invalid = expect.objectContaining({ failure: expect.objectContaining({ code: 'MESSAGE_INVALID' }) });

/** A call on the writer, and the value that the same call on the reader returns. */
const item = fc.oneof(
  fc
    .integer({ min: 0, max: 24 })
    .chain((bits) =>
      fc.record({ kind: fc.constant('plain'), bits: fc.constant(bits), value: fc.nat({ max: 2 ** bits - 1 }) }),
    ),
  fc.integer({ min: 0, max: 48 }).chain((bits) =>
    fc.record({
      kind: fc.constant('long'),
      bits: fc.constant(bits),
      value: fc.maxSafeNat().map((value) => value % 2 ** bits),
    }),
  ),
  fc.record({ kind: fc.constant('unary'), bits: fc.constant(0), value: fc.nat({ max: 200 }) }),
);

test('what is written is read again, and nothing is left', () => {
  fc.assert(
    fc.property(fc.array(item, { maxLength: 100 }), (items) => {
      const writer = new BitWriter(0);
      for (const { kind, bits, value } of items) {
        if (kind === 'plain') writer.write(value, bits);
        else if (kind === 'long') writer.writeLong(value, bits);
        else writer.writeUnary(value);
      }
      const bytes = writer.finish();
      const length = items.reduce((sum, { kind, bits, value }) => sum + (kind === 'unary' ? value + 1 : bits), 0);
      expect(bytes.length).toBe(Math.ceil(length / 8));

      const reader = new BitReader(bytes);
      for (const { kind, bits, value } of items) {
        const read =
          kind === 'plain' ? reader.read(bits) : kind === 'long' ? reader.readLong(bits) : reader.readUnary(200);
        expect(read).toBe(value);
      }
      reader.finish();
    }),
  );
});

test('the most significant bit comes first', () => {
  const writer = new BitWriter(1);
  writer.write(0b101, 3);
  writer.writeUnary(2);
  writer.write(0b1111, 4);
  expect([...writer.finish()]).toEqual([0b10100111, 0b11000000]);
});

test('reading past the end is refused', () => {
  expect(() => new BitReader(new Uint8Array(1)).read(9)).toThrow(invalid);
  expect(() => new BitReader(new Uint8Array(5)).readLong(41)).toThrow(invalid);
  expect(() => new BitReader(new Uint8Array(100)).readUnary(10_000)).toThrow(invalid);
});

test('a unary run beyond its limit is refused, one at the limit is read', () => {
  const bytes = new Uint8Array(40);
  bytes[39] = 1;
  expect(new BitReader(bytes).readUnary(319)).toBe(319);
  expect(() => new BitReader(bytes).readUnary(318)).toThrow(invalid);
});

test('trailing bytes and padding other than zeros are refused', () => {
  const padded = new BitReader(Uint8Array.of(0b10000001));
  padded.read(1);
  expect(() => padded.finish()).toThrow(invalid);
  const longer = new BitReader(Uint8Array.of(0, 0));
  longer.read(8);
  expect(() => longer.finish()).toThrow(invalid);
});
