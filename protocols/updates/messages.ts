import { z } from 'zod';
import type { OriginKey } from '../../src/sum/origin.ts';
import { packTuple, packTuplePieces } from '../flat-tuple.ts';
import { countField, decodeTuple, listField, originField, peerNameField } from '../tuples.ts';
import {
  MAX_BATCH_UPDATES,
  MAX_FEED_ORIGINS,
  MAX_NAMES_ASKED,
  MAX_ORIGIN_NUMBERS,
  MAX_SCOPE_PEERS,
  MAX_WINDOW_BYTES,
} from './constants.ts';
import { RING, type Scope } from './scope.ts';
import { decodeShortVector, encodeShortVector, type ShortVector } from './short-vector.ts';

/** What a receiver says. */
export type ReceiverMessage =
  /** The first message: which peers' updates, from where on, and how many bytes may be on their way at once. */
  | {
      readonly kind: 'subscribe';
      readonly scope: Scope;
      /** What the receiver has within the scope: the source's numbers of these origins are their places in it. */
      readonly vector: ShortVector;
      readonly windowBytes: number;
      /** 32 bits, others for each subscription, with which the vector's aliases are made. */
      readonly salt: number;
    }
  /** This many more of the updates sent were taken: their bytes are free again. */
  | { readonly kind: 'taken'; readonly updates: number }
  /** Who they are that the source has asked for. */
  | { readonly kind: 'names'; readonly origins: readonly OriginKey[] };

/** An update, and the number that stands for its origin. */
export interface NumberedFrame {
  readonly origin: number;
  readonly frame: Uint8Array;
}

/** What a source says. */
export type SourceMessage =
  /** The next number, first the one behind the vector, stands for this origin: names are long, and said once. */
  | { readonly kind: 'origin'; readonly origin: OriginKey }
  | { readonly kind: 'updates'; readonly updates: readonly NumberedFrame[] }
  /** Who are those of these numbers? They are in the receiver's vector, and not known to the source. */
  | { readonly kind: 'who'; readonly numbers: readonly number[] }
  /** Nothing more within the scope for now. */
  | { readonly kind: 'level' }
  /** The log starts at `floor`, beyond where the receiver stands: only a replica transfer can help. */
  | { readonly kind: 'too-far-behind'; readonly origin: OriginKey; readonly floor: number };

const SUBSCRIBE = 0;
const TAKEN = 1;
const ORIGIN = 2;
const UPDATES = 3;
const LEVEL = 4;
const TOO_FAR_BEHIND = 5;
const WHO = 6;
const NAMES = 7;

const windowField = z.number().int().min(1).max(MAX_WINDOW_BYTES);
const wordField = z
  .number()
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const placeField = wordField.max(RING - 1);
const placeInVector = z
  .number()
  .int()
  .min(0)
  .max(MAX_FEED_ORIGINS - 1);
const bytesField = z.instanceof(Uint8Array);

const receiverSchema = z.union([
  z.tuple([
    z.literal(SUBSCRIBE),
    z.array(peerNameField).min(1).max(MAX_SCOPE_PEERS),
    bytesField,
    windowField,
    wordField,
  ]),
  // By arc; the peers are those that are left out.
  z.tuple([
    z.literal(SUBSCRIBE),
    z.array(peerNameField).max(MAX_SCOPE_PEERS),
    bytesField,
    windowField,
    wordField,
    placeField,
    placeField,
  ]),
  z.tuple([z.literal(TAKEN), z.number().int().min(1).max(MAX_WINDOW_BYTES)]),
  z.tuple([z.literal(NAMES), listField(originField, MAX_NAMES_ASKED)]),
]);

/** All but `updates`. */
const noticeSchema = z.union([
  z.tuple([z.literal(ORIGIN), originField]),
  z.tuple([z.literal(WHO), listField(placeInVector, MAX_NAMES_ASKED)]),
  z.tuple([z.literal(LEVEL)]),
  z.tuple([z.literal(TOO_FAR_BEHIND), originField, countField]),
]);

export function encodeReceiverMessage(message: ReceiverMessage): Uint8Array {
  if (message.kind === 'taken') return packTuple([TAKEN, message.updates]);
  if (message.kind === 'names') return packTuple([NAMES, message.origins]);
  const { scope, windowBytes, salt } = message;
  const vector = encodeShortVector(message.vector);
  return 'arc' in scope
    ? packTuple([SUBSCRIBE, scope.but, vector, windowBytes, salt, scope.arc.from, scope.arc.to])
    : packTuple([SUBSCRIBE, scope, vector, windowBytes, salt]);
}

/** Throws MESSAGE_INVALID. */
export function decodeReceiverMessage(bytes: Uint8Array, maxBytes: number): ReceiverMessage {
  const fields = decodeTuple('subscription', bytes, receiverSchema, maxBytes);
  if (fields[0] === TAKEN) return { kind: 'taken', updates: fields[1] };
  if (fields[0] === NAMES) return { kind: 'names', origins: fields[1] };
  const [, peers, vector, windowBytes, salt] = fields;
  const scope = fields.length === 7 ? { arc: { from: fields[5], to: fields[6] }, but: peers } : peers;
  return { kind: 'subscribe', scope, vector: decodeShortVector(vector), windowBytes, salt };
}

/** In pieces to be sent one behind the other: a frame that goes alone, which may be long, is itself among them. */
export function encodeSourceMessage(message: SourceMessage): readonly Uint8Array[] {
  switch (message.kind) {
    case 'origin':
      return [packTuple([ORIGIN, message.origin])];
    case 'updates':
      return encodeUpdates(message.updates);
    case 'who':
      return [packTuple([WHO, message.numbers])];
    case 'level':
      return [packTuple([LEVEL])];
    case 'too-far-behind':
      return [packTuple([TOO_FAR_BEHIND, message.origin, message.floor])];
  }
}

/** Throws MESSAGE_INVALID. Frames in the result are views of `bytes`. */
export function decodeSourceMessage(bytes: Uint8Array, maxBytes: number): SourceMessage {
  return readUpdates(bytes, maxBytes) ?? readNotice(bytes, maxBytes);
}

function encodeUpdates(updates: readonly NumberedFrame[]): readonly Uint8Array[] {
  const fields: (number | Uint8Array)[] = [UPDATES];
  for (const { origin, frame } of updates) fields.push(origin, frame);
  return updates.length === 1 ? packTuplePieces(fields) : [packTuple(fields)];
}

/** By hand, as they come a thousand times for each of the others; null for anything but updates. */
function readUpdates(bytes: Uint8Array, maxBytes: number): SourceMessage | null {
  const isShort = bytes[0]! >= 0x90 && bytes[0]! <= 0x9f;
  if (bytes.length > maxBytes || !(isShort || bytes[0] === 0xdc)) return null;
  const fields = isShort ? bytes[0]! & 0x0f : bigEndian(bytes, 1, 2);
  let at = isShort ? 1 : 3;
  if (bytes[at++] !== UPDATES || fields % 2 === 0 || fields < 3 || fields > 1 + 2 * MAX_BATCH_UPDATES) return null;
  const updates: NumberedFrame[] = [];
  for (let update = 1; update < fields; update += 2) {
    const numberBytes = lengthBytes(bytes[at]!, 0xcc);
    const origin = numberBytes === 0 ? bytes[at]! : bigEndian(bytes, at + 1, numberBytes);
    at += 1 + numberBytes;
    const headBytes = lengthBytes(bytes[at]!, 0xc4);
    const from = at + 1 + headBytes;
    at = from + bigEndian(bytes, from - headBytes, headBytes);
    // Beyond the end of the bytes all of these are NaN.
    if (!(origin < MAX_ORIGIN_NUMBERS && headBytes > 0 && at <= bytes.length)) return null;
    if (numberBytes === 0 && origin > 0x7f) return null;
    updates.push({ origin, frame: bytes.subarray(from, at) });
  }
  return at === bytes.length ? { kind: 'updates', updates } : null;
}

/** Bytes of the number behind a head, where `first` is that of a number of one byte; 0 for other heads. */
function lengthBytes(head: number, first: number): number {
  return head >= first && head <= first + 2 ? 1 << (head - first) : 0;
}

function bigEndian(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = at; i < at + length; i++) value = value * 256 + bytes[i]!;
  return value;
}

function readNotice(bytes: Uint8Array, maxBytes: number): SourceMessage {
  const fields = decodeTuple('update stream', bytes, noticeSchema, maxBytes);
  switch (fields[0]) {
    case ORIGIN:
      return { kind: 'origin', origin: fields[1] };
    case WHO:
      return { kind: 'who', numbers: fields[1] };
    case LEVEL:
      return { kind: 'level' };
    case TOO_FAR_BEHIND:
      return { kind: 'too-far-behind', origin: fields[1], floor: fields[2] };
  }
}
