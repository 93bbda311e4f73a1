import { Packr } from 'msgpackr';

/** No records and no references between values: the bytes mean the same to every msgpack library. */
const packr = new Packr({ useRecords: false, structuredClone: false });

/** Numbers, null, text, byte strings and lists of these in msgpack, in a buffer of its own that may be transferred. */
export function packTuple(fields: readonly unknown[]): Uint8Array {
  // msgpackr's results share a pool.
  return new Uint8Array(packr.pack(fields));
}

/**
 * Reads what `packTuple` wrote; null for anything else. msgpackr builds whatever bytes ask for (maps, records,
 * extensions, deep nests), so they are first walked over: only flat tokens, `maxTokens` at the most, pass.
 * Byte strings in the result are views of `bytes`.
 */
export function unpackTuple(bytes: Uint8Array, maxTokens: number): unknown[] | null {
  let at = 0;
  for (let tokens = 0; at < bytes.length; tokens++) {
    const length = tokenLength(bytes, at);
    if (length === 0 || tokens === maxTokens) return null;
    at += length;
  }
  if (at !== bytes.length) return null;
  try {
    // Not `unpack`: before it refuses what follows the first value it prints that value as JSON.
    const values: unknown[] = packr.unpackMultiple(bytes);
    return values.length === 1 && Array.isArray(values[0]) ? values[0] : null;
  } catch {
    return null;
  }
}

/** Bytes of the token at `at`: of a list its head only, of a byte string all; 0 where the kind is not allowed. */
function tokenLength(bytes: Uint8Array, at: number): number {
  const byte = (offset: number) => bytes[at + offset] ?? 0;
  const kind = byte(0);
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
      return 2 + byte(1);
    case 0xc5:
    case 0xda:
      return 3 + byte(1) * 2 ** 8 + byte(2);
    case 0xc6:
      return 5 + byte(1) * 2 ** 24 + byte(2) * 2 ** 16 + byte(3) * 2 ** 8 + byte(4);
    default:
      return 0;
  }
}
