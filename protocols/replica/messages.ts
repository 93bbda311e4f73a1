import { z } from 'zod';
import type { OriginKey, PeerName } from '../../src/sum/origin.ts';
import { packTuple, packTuplePieces } from '../flat-tuple.ts';
import { countField, decodeTuple, listField, peerNameField, vectorField } from '../tuples.ts';
import {
  MAX_HEAD_BYTES,
  MAX_HEAD_TOKENS,
  MAX_IMAGE_ORIGINS,
  MAX_REQUEST_BYTES,
  MAX_SAMPLES_PEERS,
} from './constants.ts';

/** What a source says of an image before any of it comes. The image itself tells its vector again, and that one is checked. */
export interface ReplicaHead {
  /** What is applied to the replica, per origin. */
  readonly vector: readonly (readonly [OriginKey, number])[];
  /** Samples that each peer has trained on, as far as the source knows: the swarm's clock. */
  readonly samples: readonly (readonly [PeerName, number])[];
  readonly imageBytes: number;
  /** SHA-256 of the image, in hexadecimal. */
  readonly imageHash: string;
}

/** What a receiver says. */
export type ReceiverMessage =
  /** The first message: asks for the image of that hash, to go on with it; else, or where it is gone, for a new one. */
  | { readonly kind: 'ask'; readonly imageHash: string | null }
  /** The image is wanted, from this byte on. */
  | { readonly kind: 'send'; readonly offset: number };

/** What a source says. */
export type SourceMessage =
  | { readonly kind: 'head'; readonly head: ReplicaHead }
  /** The next `PIECE_BYTES` of the image, fewer only at its end. */
  | { readonly kind: 'piece'; readonly bytes: Uint8Array }
  /** Too many transfers are under way. */
  | { readonly kind: 'busy' };

const ASK = 0;
const SEND = 1;
const HEAD = 2;
const PIECE = 3;
const BUSY = 4;

const HASH_BYTES = 32;

const hashField = z.instanceof(Uint8Array).refine(({ length }) => length === HASH_BYTES, `is not ${HASH_BYTES} bytes`);
const receiverSchema = z.union([
  z.tuple([z.literal(ASK), hashField.nullable()]),
  z.tuple([z.literal(SEND), countField]),
]);
const sourceSchema = z.union([
  z.tuple([z.literal(PIECE), z.instanceof(Uint8Array)]),
  z.tuple([
    z.literal(HEAD),
    vectorField(MAX_IMAGE_ORIGINS),
    listField(z.tuple([peerNameField, countField]), MAX_SAMPLES_PEERS),
    countField,
    hashField,
  ]),
  z.tuple([z.literal(BUSY)]),
]);

export function encodeReceiverMessage(message: ReceiverMessage): Uint8Array {
  if (message.kind === 'send') return packTuple([SEND, message.offset]);
  return packTuple([ASK, message.imageHash === null ? null : Buffer.from(message.imageHash, 'hex')]);
}

/** Throws MESSAGE_INVALID. */
export function decodeReceiverMessage(bytes: Uint8Array): ReceiverMessage {
  const fields = decodeTuple('replica request', bytes, receiverSchema, MAX_REQUEST_BYTES);
  if (fields[0] === SEND) return { kind: 'send', offset: fields[1] };
  return { kind: 'ask', imageHash: fields[1] === null ? null : hexadecimal(fields[1]) };
}

/** In pieces to be sent one behind the other: one of the image, which goes to many receivers, is not copied. */
export function encodeSourceMessage(message: SourceMessage): readonly Uint8Array[] {
  switch (message.kind) {
    case 'head': {
      const { vector, samples, imageBytes, imageHash } = message.head;
      return [packTuple([HEAD, vector, samples, imageBytes, Buffer.from(imageHash, 'hex')])];
    }
    case 'piece':
      return packTuplePieces([PIECE, message.bytes]);
    case 'busy':
      return [packTuple([BUSY])];
  }
}

/** Throws MESSAGE_INVALID. A piece in the result is a view of `bytes`. */
export function decodeSourceMessage(bytes: Uint8Array): SourceMessage {
  const fields = decodeTuple('replica transfer', bytes, sourceSchema, MAX_HEAD_BYTES, MAX_HEAD_TOKENS);
  switch (fields[0]) {
    case HEAD: {
      const [, vector, samples, imageBytes, hash] = fields;
      return { kind: 'head', head: { vector, samples, imageBytes, imageHash: hexadecimal(hash) } };
    }
    case PIECE:
      return { kind: 'piece', bytes: fields[1] };
    case BUSY:
      return { kind: 'busy' };
  }
}

function hexadecimal(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
