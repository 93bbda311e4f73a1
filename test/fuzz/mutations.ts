import { packTuple } from '../../protocols/flat-tuple.ts';
import type { Random } from '../../src/support/random.ts';

/** Numbers at which formats, types and arithmetic end. */
const EDGES = [
  0,
  -0,
  1,
  -1,
  0.5,
  127,
  128,
  255,
  256,
  65_535,
  65_536,
  2 ** 28,
  2 ** 28 + 1,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 32 - 1,
  2 ** 32,
  2 ** 48,
  2 ** 48 + 1,
  Number.MAX_SAFE_INTEGER,
  2 ** 53,
  -(2 ** 53),
  Number.MAX_VALUE,
  Number.MIN_VALUE,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];

const TEXTS = [
  '',
  ' ',
  '/',
  '//',
  '\0',
  '\ud800',
  '__proto__',
  'constructor',
  'toString',
  'a'.repeat(300),
  '0x10',
  '1e999',
];

export const pick = <T>(random: Random, items: readonly T[]): T => items[random.below(items.length)]!;

export const edge = (random: Random): number => pick(random, EDGES);

export function randomBytes(random: Random, maxLength: number): Uint8Array {
  return new Uint8Array(random.below(maxLength + 1)).map(() => random.below(256));
}

/** A few changes to the bytes of `message`: flips, heads of other values, cuts, insertions, repetitions, and parts of `others`. */
export function mutatedBytes(random: Random, message: Uint8Array, others: readonly Uint8Array[]): Uint8Array {
  // Not `slice`, which in a Node buffer copies nothing.
  let bytes = new Uint8Array(message) as Uint8Array;
  for (let left = random.below(4); left >= 0; left--) bytes = mutatedOnce(random, bytes, others);
  return bytes;
}

function mutatedOnce(random: Random, bytes: Uint8Array, others: readonly Uint8Array[]): Uint8Array {
  if (bytes.length === 0) return randomBytes(random, 40);
  const at = random.below(bytes.length);
  const to = at + random.below(bytes.length - at + 1);
  switch (random.below(9)) {
    case 0:
      bytes[at]! ^= 1 << random.below(8);
      return bytes;
    case 1:
      bytes[at] = random.below(256);
      return bytes;
    case 2: // A head of msgpack, or a small list.
      bytes[at] = random.below(2) === 0 ? 0xc0 + random.below(32) : 0x90 + random.below(16);
      return bytes;
    case 3:
      return bytes.slice(0, at);
    case 4:
      return joined(bytes, randomBytes(random, 40));
    case 5: {
      const other = pick(random, others);
      return joined(bytes.subarray(0, at), other.subarray(random.below(other.length + 1)));
    }
    case 6:
      return joined(bytes.subarray(0, at), bytes.subarray(to));
    case 7:
      return joined(bytes.subarray(0, to), bytes.subarray(at));
    default: {
      // A length or a number at its edge.
      new DataView(bytes.buffer).setUint8(at, 0xff);
      for (let k = at; k < Math.min(bytes.length, at + random.below(9)); k++)
        bytes[k] = pick(random, [0, 0x7f, 0x80, 0xff]);
      return bytes;
    }
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Plain data with one value somewhere within replaced, repeated, left out, added or nested. The original is left as it is. */
export function mutatedValue(random: Random, value: unknown): unknown {
  if (random.below(4) > 0) {
    if (Array.isArray(value) && value.length > 0) {
      const at = random.below(value.length);
      return value.with(at, mutatedValue(random, value[at]));
    }
    if (isRecord(value) && Object.keys(value).length > 0) {
      const key = pick(random, Object.keys(value));
      return { ...value, [key]: mutatedValue(random, value[key]) };
    }
  }
  if (Array.isArray(value) && random.below(2) === 0) return mutatedList(random, value);
  if (isRecord(value) && random.below(2) === 0) return mutatedRecord(random, value);
  return replacement(random, value);
}

function mutatedList(random: Random, list: readonly unknown[]): unknown[] {
  const at = random.below(list.length + 1);
  switch (random.below(4)) {
    case 0:
      return list.toSpliced(at, 1);
    case 1:
      return list.toSpliced(at, 0, list[at]);
    case 2:
      return list.toSpliced(at, 0, edge(random));
    default:
      // Long with what is short, else a few of these within each other are gigabytes.
      return random.below(3) === 0 ? Array(70_000).fill(edge(random)) : Array(random.below(20)).fill(list[0] ?? null);
  }
}

function mutatedRecord(random: Random, record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const keys = Object.keys(record);
  if (random.below(2) === 0) return Object.fromEntries(keys.slice(1).map((key) => [key, record[key]]));
  const key = pick(random, [...TEXTS, ...keys.map((each) => `${each}x`)]);
  return Object.fromEntries([...Object.entries(record), [key, replacement(random, record)]]);
}

function replacement(random: Random, value: unknown): unknown {
  switch (random.below(10)) {
    case 0:
      return null;
    case 1:
      return pick(random, TEXTS);
    case 2:
      return [];
    case 3:
      return {};
    case 4:
      return nested(value, random.below(8) === 0 ? 20_000 : 1 + random.below(8));
    case 5:
      return random.below(2) === 0;
    case 6:
      return randomBytes(random, 80);
    default:
      if (typeof value === 'string' && random.below(2) === 0) return mutatedText(random, value);
      if (typeof value === 'number' && random.below(2) === 0) return value + pick(random, [-1, 1, 0.5, 2 ** 32]);
      return edge(random);
  }
}

/** Lists in lists, `depth` deep. */
export function nested(value: unknown, depth: number): unknown {
  let list: unknown = value;
  for (let level = 0; level < depth; level++) list = [list];
  return list;
}

export function mutatedText(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  const piece = random.below(3) === 0 ? String(edge(random)) : pick(random, [...TEXTS, ...'=.,[]"{}-+eE0']);
  return text.slice(0, at) + (random.below(3) === 0 ? '' : piece) + text.slice(at + random.below(3));
}

/** A hostile or sound tuple made of the fields of a sound one: half of them changed as values, half as bytes. */
export function hostileTuple(random: Random, samples: readonly (readonly unknown[])[]): Uint8Array {
  const fields = pick(random, samples);
  switch (random.below(10)) {
    case 0:
      return randomBytes(random, 60);
    case 1:
      return packTuple(fields);
    case 2:
    case 3:
    case 4:
      return mutatedBytes(random, packTuple(fields), [packTuple(pick(random, samples))]);
    case 5:
      return packed(mutatedValue(random, mutatedValue(random, fields)));
    default:
      return packed(mutatedValue(random, fields));
  }
}

/** Any value in msgpack, tuple or not; deep nests by hand, for the library recurses. */
function packed(value: unknown): Uint8Array {
  try {
    return packTuple(value as readonly unknown[]);
  } catch (error) {
    if (error instanceof RangeError) return new Uint8Array(20_000).fill(0x91);
    throw error;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array);
}
