import { createHash } from 'node:crypto';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { z } from 'zod';
import { addFingerprints, LinearHash, sameFingerprint, zeroFingerprint } from '../../src/sum/fingerprint.ts';
import { MAX_LATTICE_VALUE } from '../../src/sum/lattice.ts';
import type { SumImage } from '../../src/sum/replicated-sum.ts';
import { MurmurError } from '../../src/support/errors.ts';
import { packTuple } from '../flat-tuple.ts';
import { countField, decodeTuple, listField, originField } from '../tuples.ts';
import { IMAGE_VERSION, MAX_HEAD_BYTES, MAX_HEAD_TOKENS, MAX_IMAGE_ORIGINS, maxImageBytes } from './constants.ts';

/** An image begins with as much of the SHA-256 of the rest: names and sequences are in no fingerprint. */
const CHECKSUM_BYTES = 8;
const HEAD_LENGTH_BYTES = 4;
const HEAD_AT = CHECKSUM_BYTES + HEAD_LENGTH_BYTES;
const BYTES_PER_ENTRY = 4;

const laneField = z
  .number()
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const headSchema = z.tuple([
  z.literal(IMAGE_VERSION),
  z.number().int(),
  z.tuple([laneField, laneField]),
  listField(z.tuple([originField, countField, laneField, laneField]), MAX_IMAGE_ORIGINS),
]);

/** Tells one start vector from another, whatever the run's own seed is. */
const startHash = new LinearHash(0);

/** S - `start`, compressed, and what is known of S; an image is read with the same start. */
export function encodeReplicaImage({ values, vector, fingerprints }: SumImage, start: Int32Array): Uint8Array {
  const hashes = new Map(fingerprints);
  const origins = vector.map(([origin, sequence]) => [origin, sequence, ...(hashes.get(origin) ?? zeroFingerprint)]);
  const head = packTuple([IMAGE_VERSION, values.length, startHash.ofVector(start), origins]);
  const body = compress(values, start);
  const bytes = new Uint8Array(HEAD_AT + head.length + body.length);
  new DataView(bytes.buffer).setUint32(CHECKSUM_BYTES, head.length);
  bytes.set(head, HEAD_AT);
  bytes.set(body, HEAD_AT + head.length);
  bytes.set(checksum(bytes));
  return bytes;
}

/**
 * Reads an image, every part checked, and the fingerprint equation with it, so that no S is adopted that is not the sum
 * of its origins' updates (but for a chance of 2^-64). Throws MESSAGE_INVALID.
 *
 * @param init the start vector and the hash's seed, equal at all peers of a run
 */
export function decodeReplicaImage(
  bytes: Uint8Array,
  { start, hashSeed }: { start: Int32Array; hashSeed: number },
): SumImage {
  const { head, body } = unwrap(bytes, start.length);
  const [, parameters, startLanes, origins] = decodeTuple(
    'replica image',
    head,
    headSchema,
    MAX_HEAD_BYTES,
    MAX_HEAD_TOKENS,
  );
  if (parameters !== start.length) throw invalid('parameters', `are ${parameters}, the model has ${start.length}`);
  if (!sameFingerprint(startHash.ofVector(start), startLanes)) throw invalid('start', 'is not that of this run');
  if (new Set(origins.map(([origin]) => origin)).size < origins.length) throw invalid('origins', 'hold one twice');

  const values = decompress(body, start);
  const hash = new LinearHash(hashSeed);
  let expected = hash.ofVector(start);
  for (const [, , first, second] of origins) expected = addFingerprints(expected, [first, second]);
  if (!sameFingerprint(hash.ofVector(values), expected)) throw invalid('fingerprint', 'is not that of the values');
  return {
    values,
    vector: origins.map(([origin, sequence]) => [origin, sequence]),
    fingerprints: origins.map(([origin, , first, second]) => [origin, [first, second]]),
  };
}

/** Head and body of an image that came whole. */
function unwrap(bytes: Uint8Array, parameters: number): { head: Uint8Array; body: Uint8Array } {
  if (bytes.length > maxImageBytes(parameters)) throw invalid('length', 'exceeds any image of this model');
  if (bytes.length < HEAD_AT) throw invalid('length', 'is below that of any image');
  if (!checksum(bytes).every((byte, at) => byte === bytes[at])) throw invalid('checksum', 'is not that of the bytes');
  const bodyAt = HEAD_AT + new DataView(bytes.buffer, bytes.byteOffset).getUint32(CHECKSUM_BYTES);
  if (bodyAt > bytes.length) throw invalid('head', 'ends early');
  return { head: bytes.subarray(HEAD_AT, bodyAt), body: bytes.subarray(bodyAt) };
}

function checksum(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes.subarray(CHECKSUM_BYTES)).digest().subarray(0, CHECKSUM_BYTES);
}

/**
 * The differences zigzag coded (the sign in the lowest bit, so that small ones are small numbers), their lowest bytes
 * first, then the next ones and so on: the high bytes of weights that hardly moved are runs of zeros. Brotli at its
 * second lowest quality makes of this a fourth to a half of four bytes an entry, at some hundred megabytes a second;
 * README.md has what else was tried.
 */
function compress(values: Int32Array, start: Int32Array): Uint8Array {
  const size = values.length;
  const planes = new Uint8Array(BYTES_PER_ENTRY * size);
  for (let i = 0; i < size; i++) {
    const difference = (values[i]! - start[i]!) | 0;
    const zigzag = (difference << 1) ^ (difference >> 31);
    planes[i] = zigzag;
    planes[size + i] = zigzag >>> 8;
    planes[2 * size + i] = zigzag >>> 16;
    planes[3 * size + i] = zigzag >>> 24;
  }
  const params = { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_SIZE_HINT]: planes.length };
  return brotliCompressSync(planes, { params });
}

function decompress(body: Uint8Array, start: Int32Array): Int32Array {
  const size = start.length;
  const planes = inflate(body, BYTES_PER_ENTRY * size);
  const values = new Int32Array(size);
  for (let i = 0; i < size; i++) {
    const low = planes[i]! | (planes[size + i]! << 8);
    const zigzag = low | (planes[2 * size + i]! << 16) | (planes[3 * size + i]! << 24);
    const value = (start[i]! + ((zigzag >>> 1) ^ -(zigzag & 1))) | 0;
    if (value > MAX_LATTICE_VALUE || value < -MAX_LATTICE_VALUE) throw invalid('values', 'hold one out of range');
    values[i] = value;
  }
  return values;
}

/** Exactly `length` bytes out of all of `body`; takes memory for no more, whatever the body is. */
function inflate(body: Uint8Array, length: number): Uint8Array {
  try {
    // The types do not know that `info` makes the result a pair.
    const options = { maxOutputLength: length, info: true };
    const result = brotliDecompressSync(body, options) as unknown;
    const { buffer, engine } = result as { buffer: Uint8Array; engine: { bytesWritten: number } };
    if (buffer.length === length && engine.bytesWritten === body.length) return buffer;
  } catch {
    // Not what Brotli writes, cut off, or more than `length`.
  }
  throw invalid('values', `are not ${length} compressed bytes`);
}

function invalid(field: string, problem: string): MurmurError {
  return new MurmurError({ code: 'MESSAGE_INVALID', message: 'replica image', field, problem });
}
