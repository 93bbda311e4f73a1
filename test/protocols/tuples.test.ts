import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { packTuple, packTuplePieces, unpackTuple } from '../../protocols/flat-tuple.ts';
import { countField, decodeTuple, MAX_COUNT, originField, peerNameField, vectorField } from '../../protocols/tuples.ts';
import { failureOf } from '../support/failures.ts';

/** What a tuple may hold: no maps, no booleans, nothing that only one library reads. */
const { value: flat } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 2 },
    fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 }),
    fc.double({ noNaN: true }),
    fc.constant(null),
    fc.string({ maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('value'), { maxLength: 20 }),
  ),
}));

/** Byte strings come back as Buffers; -0 as it may. */
const plain = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('hex') };
  if (Array.isArray(value)) return value.map(plain);
  return value === 0 ? 0 : value;
};

describe('a tuple', () => {
  test('is read as it was packed, in a buffer of its own', () => {
    fc.assert(
      fc.property(fc.array(flat, { maxLength: 20 }), (fields) => {
        const bytes = packTuple(fields);
        expect(bytes.buffer.byteLength).toBe(bytes.length);
        expect(plain(unpackTuple(bytes, bytes.length))).toEqual(plain(fields));
      }),
    );
  });

  test('of numbers and byte strings is packed in pieces, with no copy of the byte strings', () => {
    const bytes = fc.constantFrom(0, 1, 255, 256, 65_535, 65_536).map((length) => new Uint8Array(length).fill(7));
    const numbers = fc.oneof(fc.integer({ min: -40, max: 300 }), fc.maxSafeNat(), fc.double({ noNaN: true }));
    fc.assert(
      fc.property(fc.array(fc.oneof(numbers, bytes), { maxLength: 40 }), (fields) => {
        const pieces = packTuplePieces(fields);
        expect(Buffer.compare(Buffer.concat(pieces), packTuple(fields))).toBe(0);
        for (const field of fields) expect(typeof field === 'number' || pieces.includes(field)).toBe(true);
      }),
    );
  });

  test('is refused where one token is missing, too many, or above the bound', () => {
    fc.assert(
      fc.property(fc.array(flat, { minLength: 1, maxLength: 20 }), fc.nat(), (fields, at) => {
        const bytes = packTuple(fields);
        expect(unpackTuple(bytes.subarray(0, at % bytes.length), 1e6)).toBe(null);
        expect(unpackTuple(Buffer.concat([bytes, Buffer.of(at % 128)]), 1e6)).toBe(null);
        expect(unpackTuple(bytes, fields.length)).toBe(null);
      }),
    );
  });

  test.each<[string, unknown]>([
    ['a map', { a: 1 }],
    ['a boolean', [true]],
    ['a number of 64 bits', [2n ** 60n]],
    ['a date', [new Date(0)]],
    ['a number alone', 5],
    ['text alone', 'text'],
    ['nothing', undefined],
  ])('is not %s', (_what, value) => {
    expect(unpackTuple(new Packr({ useRecords: false }).pack(value), 1000)).toBe(null);
  });

  test('is at most three lists deep', () => {
    expect(unpackTuple(packTuple([1, [[2], 3], []]), 100)).toEqual([1, [[2], 3], []]);
    expect(unpackTuple(packTuple([1, [[2, [3]]]]), 100)).toBe(null);
  });

  test('is not a list that claims more than is there, nor one as deep as a message is long', () => {
    const claims = new Uint8Array(30_000);
    for (let at = 0; at < claims.length; at += 3) claims.set([0xdc, 0xff, 0xff], at);
    const before = process.memoryUsage();
    expect(unpackTuple(claims, claims.length)).toBe(null);
    expect(unpackTuple(new Uint8Array(2 ** 21).fill(0x91), 2 ** 21)).toBe(null);
    const after = process.memoryUsage();
    expect(after.heapUsed + after.external - before.heapUsed - before.external).toBeLessThan(2 ** 28);
    // The reader is as good as before.
    expect(unpackTuple(packTuple([1, 'a', [2]]), 10)).toEqual([1, 'a', [2]]);
  });
});

describe('decoding', () => {
  const schema = z.tuple([countField, peerNameField, originField, vectorField(2)]);
  const origin = 'a-B9/0123456789abcdef';
  const sound = [7, 'a-B9', origin, [[origin, 1]]];
  const decode = (fields: unknown[], maxBytes = 1000) => decodeTuple('test', packTuple(fields), schema, maxBytes);

  test('gives the fields', () => {
    expect(decode(sound)).toEqual(sound);
  });

  test.each<[string, unknown[], string]>([
    ['a count below zero', [-1, ...sound.slice(1)], '[0]'],
    ['a count above MAX_COUNT', [MAX_COUNT + 1, ...sound.slice(1)], '[0]'],
    ['a fraction', [0.5, ...sound.slice(1)], '[0]'],
    ['a name with another character', [7, 'a/b', origin, []], '[1]'],
    ['a name without one', [7, '', origin, []], '[1]'],
    ['a name above MAX_NAME_CHARACTERS', [7, 'a'.repeat(129), origin, []], '[1]'],
    ['an origin without an incarnation', [7, 'a', 'a-B9', []], '[2]'],
    ['an origin with a short incarnation', [7, 'a', 'a-B9/012', []], '[2]'],
    ['an origin with too long a name', [7, 'a', `${'a'.repeat(129)}/0123456789abcdef`, []], '[2]'],
    [
      'a vector that is too long',
      [
        7,
        'a',
        origin,
        [
          [origin, 1],
          [origin, 1],
          [origin, 1],
        ],
      ],
      '[3]',
    ],
    ['a vector with an odd entry', [7, 'a', origin, [[origin, 1, 2]]], '[3][0]'],
    ['too few fields', [7], ''],
    ['too many fields', [...sound, 1], 'body'],
  ])('names the field of %s', async (_what, fields, field) => {
    const { failure } = await failureOf(() => decode(fields), 'MESSAGE_INVALID');
    expect(failure).toMatchObject({ message: 'test', field: expect.stringContaining(field) });
  });

  test('names the first wrong item of a list in which all are wrong, however long it is', async () => {
    const entries = Array.from({ length: 65_535 }, () => ['', '', '']);
    const bytes = packTuple([entries]);
    const vector = z.tuple([vectorField(65_535)]);
    const { failure } = await failureOf(() => decodeTuple('test', bytes, vector, 2 ** 20), 'MESSAGE_INVALID');
    expect(failure).toMatchObject({ field: expect.stringMatching(/^\[0\]\[0\]/) });
  });

  test('refuses more values than may be in it', async () => {
    const bytes = packTuple(sound);
    const values = 1 + 4 + 1 + 2;
    expect(decodeTuple('test', bytes, schema, 1000, values)).toEqual(sound);
    await failureOf(() => decodeTuple('test', bytes, schema, 1000, values - 1), 'MESSAGE_INVALID');
  });

  test('takes MAX_COUNT, and names of MAX_NAME_CHARACTERS', () => {
    const name = 'a'.repeat(128);
    const fields = [MAX_COUNT, name, `${name}/0123456789abcdef`, []];
    expect(decode(fields)).toEqual(fields);
    expect(Number.isSafeInteger(2 * MAX_COUNT)).toBe(true);
  });

  test('refuses a message longer than its bound before anything else', async () => {
    const bytes = packTuple(sound).length;
    expect(decode(sound, bytes)).toEqual(sound);
    const { failure } = await failureOf(() => decode(sound, bytes - 1), 'MESSAGE_INVALID');
    expect(failure).toMatchObject({ problem: `${bytes} bytes where ${bytes - 1} are the most` });
  });
});
