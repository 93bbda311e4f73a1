import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_COUNT } from '../../../protocols/tuples.ts';
import { aliasOf } from '../../../protocols/updates/alias.ts';
import { ALIAS_BYTES, MAX_DIFFERENCE_BYTES } from '../../../protocols/updates/constants.ts';
import { decodeShortVector, encodeShortVector } from '../../../protocols/updates/short-vector.ts';
import { isFailure } from '../../../src/support/errors.ts';
import { originKeys, shortVectors } from '../../support/arbitrary-origins.ts';
import { failureOf } from '../../support/failures.ts';

const one = 'a'.repeat(2 * ALIAS_BYTES);
const other = 'b'.repeat(2 * ALIAS_BYTES);

describe('a short vector', () => {
  test('is read as it was written, and no part of it is another', () => {
    fc.assert(
      fc.property(shortVectors, fc.nat(), (vector, cut) => {
        const bytes = encodeShortVector(vector);
        expect(decodeShortVector(bytes)).toEqual(vector);
        const part = bytes.subarray(0, cut % (bytes.length + 1));
        try {
          expect(decodeShortVector(part)).toEqual(vector.slice(0, decodeShortVector(part).length));
        } catch (error) {
          if (!isFailure(error, 'MESSAGE_INVALID')) throw error;
        }
      }),
    );
  });

  test('takes nine bytes an origin where the peers keep together', () => {
    const vector = Array.from({ length: 1000 }, (_, i) => [aliasOf(`p${i}/0000000000000001`, 1), 100_000 + i] as const);
    expect(encodeShortVector(vector).length).toBeLessThan(9 * vector.length + MAX_DIFFERENCE_BYTES);
  });

  test('is refused with one origin twice, a count too high, or an end too early', async () => {
    const longest = encodeShortVector([[one, MAX_COUNT]]);
    expect(longest).toHaveLength(ALIAS_BYTES + MAX_DIFFERENCE_BYTES);
    const refused = [
      encodeShortVector([
        [one, 1],
        [one, 2],
      ]),
      encodeShortVector([[one, MAX_COUNT + 1]]),
      Buffer.concat([longest, encodeShortVector([[other, 1]])]),
      longest.subarray(0, ALIAS_BYTES - 1),
      longest.subarray(0, ALIAS_BYTES),
      longest.subarray(0, -1),
      Buffer.concat(
        [longest.subarray(0, ALIAS_BYTES), new Uint8Array(MAX_DIFFERENCE_BYTES).fill(0x80), [0]].map(Buffer.from),
      ),
    ];
    for (const bytes of refused) {
      const { failure } = await failureOf(() => decodeShortVector(bytes), 'MESSAGE_INVALID');
      expect(failure).toMatchObject({ message: 'subscription', field: 'vector' });
    }
  });
});

test('an alias depends on the salt and on all of its origin', () => {
  fc.assert(
    fc.property(originKeys, originKeys, fc.nat(), fc.nat(), (origin, another, salt, otherSalt) => {
      fc.pre(origin !== another && salt !== otherSalt);
      expect(aliasOf(origin, salt)).toMatch(/^[0-9a-f]{16}$/);
      expect(new Set([aliasOf(origin, salt), aliasOf(another, salt), aliasOf(origin, otherSalt)]).size).toBe(3);
    }),
  );
});
