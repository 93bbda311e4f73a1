import { brotliCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packTuple } from '../../../protocols/flat-tuple.ts';
import {
  IMAGE_VERSION,
  MAX_HEAD_BYTES,
  MAX_IMAGE_ORIGINS,
  maxImageBytes,
} from '../../../protocols/replica/constants.ts';
import { decodeReplicaImage, encodeReplicaImage } from '../../../protocols/replica/image.ts';
import { LinearHash } from '../../../src/sum/fingerprint.ts';
import { MAX_LATTICE_VALUE } from '../../../src/sum/lattice.ts';
import { ReplicatedSum, type SumImage } from '../../../src/sum/replicated-sum.ts';
import { seededRandom } from '../../../src/support/random.ts';
import { failureOf } from '../../support/failures.ts';
import { imageHashSeed as hashSeed, imageOf, randomReplica, sealImage } from '../../support/replica-images.ts';

const origins = fc.constantFrom('a/0000000000000001', 'a/ffffffffffffffff', '12D3KooW/0123456789abcdef');
const entry = fc.oneof(
  fc.constant(0),
  fc.integer({ min: -300, max: 300 }),
  fc.integer({ min: -(2 ** 28), max: 2 ** 28 }),
);

describe('an image', () => {
  test('is read as it was written, whatever was applied', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(entry, entry), { minLength: 1, maxLength: 200 }),
        fc.array(fc.tuple(origins, fc.integer({ min: 1, max: 2 ** 40 })), { maxLength: 6 }),
        fc.integer(),
        (entries, updates, seed) => {
          const start = Int32Array.from(entries, ([first]) => first);
          const sum = new ReplicatedSum(start.slice(), seed);
          for (const [origin, span] of updates) {
            const from = sum.vector.get(origin);
            const values = Int32Array.from(entries, ([, change], i) => ((i + span) % 3 === 0 ? change >> 3 : 0));
            sum.apply({ origin, from, to: from + span, delta: { positions: null, offset: 0, values } });
          }
          const image = imageOf(sum);
          expect(decodeReplicaImage(encodeReplicaImage(image, start), { start, hashSeed: seed })).toEqual(image);
        },
      ),
    );
  });

  test('holds differences over the whole range of integers', () => {
    const start = Int32Array.of(-(2 ** 31), 2 ** 31 - 1, MAX_LATTICE_VALUE, -MAX_LATTICE_VALUE);
    const values = Int32Array.of(MAX_LATTICE_VALUE, -MAX_LATTICE_VALUE, -MAX_LATTICE_VALUE, MAX_LATTICE_VALUE);
    expect(decoded(imageFrom(start, values), start).values).toEqual(values);
  });

  test('of noise is not longer than maxImageBytes, with the most origins that there can be', () => {
    const random = seededRandom('noise');
    const start = new Int32Array(100_000);
    const values = start.map(() => random.below(2 ** 31) - 2 ** 30);
    const name = 'p'.repeat(128);
    const vector = Array.from({ length: MAX_IMAGE_ORIGINS }, (_, n) => {
      return [`${name}/${n.toString(16).padStart(16, '0')}`, 2 ** 48] as const;
    });
    const { fingerprints } = imageFrom(start, values);
    const image = { values, vector, fingerprints: [[vector[0]![0], fingerprints[0]![1]]] } as const;
    const bytes = encodeReplicaImage(image, start);
    expect(bytes.length).toBeGreaterThan(4 * values.length + 157 * MAX_IMAGE_ORIGINS);
    expect(bytes.length).toBeLessThan(maxImageBytes(values.length));
    expect(new DataView(bytes.buffer).getUint32(8)).toBeLessThan(MAX_HEAD_BYTES);
    expect(decoded(image, start).vector).toEqual(vector);
  });

  test('is what README.md draws', () => {
    const origin = 'p/0000000000000001';
    const start = Int32Array.of(100, -50, 0, 7);
    const drawn = `8b80363791202300 0000002e 94 01 04 92cec850f9b7ce6a16c2bb 91 94 b2${Buffer.from(origin).toString('hex')}
      03 cef55b57c5 ce85259b25 8b07800a03005800000002000000000000000003`;
    expect(decodeReplicaImage(Buffer.from(drawn.replace(/\s/g, ''), 'hex'), { start, hashSeed: 1 })).toEqual({
      values: Int32Array.of(105, -52, 0, 307),
      vector: [[origin, 3]],
      fingerprints: [[origin, [0xf55b57c5, 0x85259b25]]],
    });
  });

  test('of a model that has hardly moved is small', () => {
    const start = seededWeights(50_000);
    const values = start.slice();
    for (let i = 0; i < values.length; i += 50) values[i]! += 40_000;
    expect(encodeReplicaImage(imageFrom(start, values), start).length).toBeLessThan(0.05 * 4 * values.length);
  });

  test('leaves what it is made of as it was', () => {
    const { start, image } = randomReplica(seededRandom(1), { size: 100, origins: 2, updates: 5 });
    const before = structuredClone({ start, image });
    decoded(image, start);
    expect({ start, image }).toEqual(before);
  });
});

describe('a damaged image is refused', () => {
  const { start, image } = randomReplica(seededRandom('damage'), { size: 64, origins: 3, updates: 9 });
  const startLanes = new LinearHash(0).ofVector(start);
  const sound = encodeReplicaImage(image, start);
  const refused = (bytes: Uint8Array, from = start) =>
    failureOf(() => decodeReplicaImage(bytes, { start: from, hashSeed }), 'MESSAGE_INVALID');

  test('with any one bit flipped', async () => {
    for (let bit = 0; bit < 8 * sound.length; bit++) {
      const bytes = sound.slice();
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      await refused(bytes);
    }
  });

  test('with any one bit flipped and a checksum that hides it: what may pass is said of S, and is not S', () => {
    for (let bit = 64; bit < 8 * sound.length; bit++) {
      const bytes = sound.slice();
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      const values = valuesOf(sealImage(bytes));
      if (values !== null) expect(values).toEqual(image.values);
    }
  });

  test.each([0, 7, 8, 11, 12, 60, sound.length - 1])('cut off after %i bytes', async (length) => {
    await refused(sound.slice(0, length));
    if (length > 8) await refused(sealImage(sound.slice(0, length)));
  });

  test('with bytes behind its end', async () => {
    await refused(Uint8Array.of(...sound, 0));
    expect((await refused(sealImage(Uint8Array.of(...sound, 0)))).failure).toMatchObject({ field: 'values' });
  });

  test('where the start or the seed are others', async () => {
    const other = start.slice();
    other[7]! += 1;
    expect((await refused(sound, other)).failure).toMatchObject({ field: 'start' });
    expect((await refused(sound, start.slice(1))).failure).toMatchObject({ field: 'parameters' });
    await failureOf(() => decodeReplicaImage(sound, { start, hashSeed: hashSeed + 1 }), 'MESSAGE_INVALID');
  });

  test('where the values are not those of its origins', async () => {
    for (const change of [1, -1, 2 ** 29]) {
      const values = image.values.slice();
      values[3]! += change;
      await refused(encodeReplicaImage({ ...image, values }, start));
    }
    await refused(encodeReplicaImage({ ...image, fingerprints: image.fingerprints.slice(1) }, start));
  });

  test('where a value is out of range, although its hash is right', async () => {
    for (const value of [MAX_LATTICE_VALUE + 1, -MAX_LATTICE_VALUE - 1]) {
      const { failure } = await refused(encodeReplicaImage(imageFrom(start, start.with(5, value)), start));
      expect(failure).toMatchObject({ field: 'values' });
    }
  });

  test.each<[string, unknown[]]>([
    ['origins', [IMAGE_VERSION, 64, startLanes, twice(['a/0000000000000001', 1, 0, 0])]],
    ['[3][0][0]', [IMAGE_VERSION, 64, startLanes, [['a', 1, 0, 0]]]],
    ['[3][0][1]', [IMAGE_VERSION, 64, startLanes, [['a/0000000000000001', -1, 0, 0]]]],
    ['[3][0][2]', [IMAGE_VERSION, 64, startLanes, [['a/0000000000000001', 1, 2 ** 32, 0]]]],
    ['[0]', [IMAGE_VERSION + 1, 64, startLanes, []]],
    ['parameters', [IMAGE_VERSION, 63, startLanes, []]],
    ['start', [IMAGE_VERSION, 64, [1, 2], []]],
    ['body', [IMAGE_VERSION, 64]],
  ])('with its %s wrong', async (field, head) => {
    expect((await refused(withHead(packTuple(head)))).failure).toMatchObject({ field });
  });

  test.each<[string, Uint8Array]>([
    ['more than the model has', brotliCompressSync(new Uint8Array(4 * 64 + 1))],
    ['less', brotliCompressSync(new Uint8Array(4 * 64 - 1))],
    ['a gigabyte of zeros', bomb(2 ** 30)],
    ['nothing', new Uint8Array(0)],
  ])('where its body holds %s, in bounded memory', async (_what, body) => {
    const before = process.memoryUsage();
    const bytes = withHead(packTuple([IMAGE_VERSION, 64, startLanes, []]), body);
    expect((await refused(bytes)).failure).toMatchObject({ field: 'values' });
    const after = process.memoryUsage();
    expect(after.heapUsed + after.external - before.heapUsed - before.external).toBeLessThan(2 ** 24);
  });

  test('beyond the longest of its model, before it is looked at', async () => {
    expect((await refused(new Uint8Array(maxImageBytes(64) + 1))).failure).toMatchObject({ field: 'length' });
  });

  function valuesOf(bytes: Uint8Array): Int32Array | null {
    try {
      return decodeReplicaImage(bytes, { start, hashSeed }).values;
    } catch (error) {
      expect(error).toMatchObject({ code: 'MESSAGE_INVALID' });
      return null;
    }
  }

  function withHead(head: Uint8Array, body: Uint8Array = brotliCompressSync(new Uint8Array(4 * 64))): Uint8Array {
    const front = new Uint8Array(12);
    new DataView(front.buffer).setUint32(8, head.length);
    return sealImage(new Uint8Array(Buffer.concat([front, head, body])));
  }
});

const twice = <T>(item: T): T[] => [item, item];

/** Brotli of so many zeros, made of as few bytes as its encoder finds. */
function bomb(length: number): Uint8Array {
  return brotliCompressSync(new Uint8Array(length), { params: { 1: 1 } });
}

function seededWeights(size: number): Int32Array {
  const random = seededRandom('weights');
  return Int32Array.from({ length: size }, () => Math.round(random.normal() * 2 ** 20));
}

/** An image whose hash fits, of one origin that has made `values` of `start`. */
function imageFrom(start: Int32Array, values: Int32Array): SumImage {
  const origin = 'a/0000000000000001';
  const change = values.map((value, i) => (value - start[i]!) | 0);
  return { values, vector: [[origin, 1]], fingerprints: [[origin, new LinearHash(hashSeed).ofVector(change)]] };
}

function decoded(image: SumImage, start: Int32Array): SumImage {
  return decodeReplicaImage(encodeReplicaImage(image, start), { start, hashSeed });
}
