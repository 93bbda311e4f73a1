import { Packr } from 'msgpackr';

/** No records and no references between values: the bytes mean the same to every msgpack library. */
const packr = new Packr({ useRecords: false, structuredClone: false });

/** Numbers, null, text, byte strings and lists of these in msgpack, in a buffer of its own that may be transferred. */
export function packTuple(fields: readonly unknown[]): Uint8Array {
  // msgpackr's results share a pool.
  return new Uint8Array(packr.pack(fields));
}

/** `packTuple(fields)` in pieces that follow one another; of these the byte strings are themselves, and not copied. */
export function packTuplePieces(fields: readonly (number | Uint8Array)[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let head = listHead(fields.length);
  for (const field of fields) {
    if (typeof field === 'number') {
      head.push(...(Number.isInteger(field) && field >= 0 && field < 0x80 ? [field] : packr.pack(field)));
    } else {
      head.push(...byteStringHead(field.length));
      pieces.push(Uint8Array.from(head), field);
      head = [];
    }
  }
  if (head.length > 0) pieces.push(Uint8Array.from(head));
  return pieces;
}

function listHead(length: number): number[] {
  return length < 16 ? [0x90 | length] : [0xdc, length >>> 8, length & 0xff];
}

function byteStringHead(length: number): number[] {
  if (length < 2 ** 8) return [0xc4, length];
  if (length < 2 ** 16) return [0xc5, length >>> 8, length & 0xff];
  return [0xc6, length >>> 24, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff];
}

/** Lists within lists, the tuple counted: a vector's entries in a message, and no message has more. */
const MAX_DEPTH = 3;

/**
 * Reads what `packTuple` wrote; null for anything else. msgpackr builds whatever bytes ask for (maps, records,
 * extensions, deep nests), so they are first walked over: one list passes, complete, with nothing behind it, of at
 * most `maxTokens` values (itself and all lists counted) and `MAX_DEPTH` lists deep. Byte strings in the result are
 * views of `bytes`.
 */
export function unpackTuple(bytes: Uint8Array, maxTokens: number): unknown[] | null {
  if (!isTuple(bytes, maxTokens)) return null;
  try {
    return packr.unpack(bytes);
  } catch {
    return null;
  }
}

/** Looks at no byte behind the first that does not fit. */
function isTuple(bytes: Uint8Array, maxTokens: number): boolean {
  /** Values that are still to come in each open list, the innermost last. */
  const owed = new Uint16Array(MAX_DEPTH);
  let depth = 0;
  let at = 0;
  for (let tokens = 0; tokens < maxTokens; tokens++) {
    const values = listLength(bytes, at);
    at += tokenLength(bytes, at);
    // Of the values owed, too, none takes less than a byte.
    if (!(at + Math.max(0, values) <= bytes.length)) return false;
    if (depth > 0) owed[depth - 1]!--;
    else if (values < 0) return false;
    if (values > 0) {
      if (depth === MAX_DEPTH) return false;
      owed[depth++] = values;
    }
    while (depth > 0 && owed[depth - 1] === 0) depth--;
    if (depth === 0) return at === bytes.length;
  }
  return false;
}

/** Values in the list whose head is at `at`; -1 where there is no list. */
function listLength(bytes: Uint8Array, at: number): number {
  const kind = bytes[at]!;
  if (kind >= 0x90 && kind <= 0x9f) return kind & 0x0f;
  return kind === 0xdc ? unsigned(bytes, at + 1, 2) : -1;
}

/** Bytes of the token at `at`: of a list its head only, of a byte string all; NaN where the kind is not allowed. */
function tokenLength(bytes: Uint8Array, at: number): number {
  const kind = bytes[at]!;
  if (kind <= 0x7f || kind >= 0xe0) return 1; // small integer
  if (kind >= 0x90 && kind <= 0x9f) return 1; // list of up to 15
  if (kind >= 0xa0 && kind <= 0xbf) return 1 + (kind & 0x1f); // text of up to 31
  switch (kind) {
    case 0xc0: // null
      return 1;
    case 0xcc: // uint8
    case 0xd0: // int8
      return 2;
    case 0xcd: // uint16
    case 0xd1: // int16
    case 0xdc: // list of up to 65,535
      return 3;
    case 0xce: // uint32
    case 0xd2: // int32
      return 5;
    case 0xcb: // float64
      return 9;
    case 0xc4: // byte string
    case 0xd9: // text
      return 2 + unsigned(bytes, at + 1, 1);
    case 0xc5:
    case 0xda:
      return 3 + unsigned(bytes, at + 1, 2);
    case 0xc6:
      return 5 + unsigned(bytes, at + 1, 4);
    default:
      return Number.NaN;
  }
}

/** NaN where the bytes end before. */
function unsigned(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = at; i < at + length; i++) value = value * 256 + bytes[i]!;
  return value;
}
