import { z } from 'zod';
import type { OriginKey } from '../../src/sum/origin.ts';
import { packTuple, packTuplePieces, unpackTuple } from '../flat-tuple.ts';
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

/** In pieces to be sent one behind the other: frames, which go to many receivers, are themselves among them. */
export function encodeSourceMessage(message: SourceMessage): readonly Uint8Array[] {
  switch (message.kind) {
    case 'origin':
      return [packTuple([ORIGIN, message.origin])];
    case 'updates':
      return packTuplePieces([UPDATES, ...message.updates.flatMap(({ origin, frame }) => [origin, frame])]);
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

/** By hand, as they come a thousand times for each of the others; null for anything but updates. */
function readUpdates(bytes: Uint8Array, maxBytes: number): SourceMessage | null {
  if (bytes.length > maxBytes) return null;
  const fields = unpackTuple(bytes, 2 + 2 * MAX_BATCH_UPDATES);
  if (fields === null || fields[0] !== UPDATES || fields.length < 3 || fields.length % 2 === 0) return null;
  const updates: NumberedFrame[] = [];
  for (let at = 1; at < fields.length; at += 2) {
    const [origin, frame] = [fields[at], fields[at + 1]];
    if (!isNumberOfOrigin(origin) || !(frame instanceof Uint8Array)) return null;
    updates.push({ origin, frame });
  }
  return { kind: 'updates', updates };
}

function isNumberOfOrigin(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < MAX_ORIGIN_NUMBERS;
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
