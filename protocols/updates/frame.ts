import { isMagnitude } from '../../src/compression/magnitude.ts';
import { updateCode } from '../../src/compression/update-codes.ts';
import { MAX_PARTITIONS } from '../../src/manifest.ts';
import type { Layout } from '../../src/models/layout.ts';
import { type Delta, partitionRange } from '../../src/sum/delta.ts';
import type { Fingerprint } from '../../src/sum/fingerprint.ts';
import { MurmurError } from '../../src/support/errors.ts';
import { packTuple, unpackTuple } from '../flat-tuple.ts';
import { MAX_COUNT } from '../tuples.ts';
import { FRAME_VERSION, MAX_PENDING_MS, maxFrameBytes, SIGNATURE_BYTES } from './constants.ts';

/** One published update, or consecutive ones of one origin merged. The stream that carries it names the origin. */
export interface Frame {
  /** Sequence before the first update within. */
  readonly from: number;
  /** Sequence of the last update within: `from + 1` where there is one. */
  readonly to: number;
  /** Samples that the origin has trained on so far. */
  readonly samples: number;
  /** When it was published by the origin's clock, in whole milliseconds since the Unix epoch. */
  readonly publishedAtMs: number;
  /** Mean time that its content had waited in the origin's `pending`, in whole milliseconds. */
  readonly pendingMs: number;
  /** Which of `partitions` near-equal slices of the parameter vector it changes. */
  readonly partition: number;
  readonly partitions: number;
  /** Number of the update code. */
  readonly code: number;
  /** Lattice magnitudes, one per tensor touched, in layout order. */
  readonly magnitudes: readonly number[];
  readonly payload: Uint8Array;
  /** Hash of all that the origin has published up to `to`, where it is sent along. */
  readonly fingerprint: Fingerprint | null;
  /** The origin's signature over its hash chain, where relays are not trusted. */
  readonly signature: Uint8Array | null;
}

/** What a receiver knows when it reads a frame. */
export interface FrameContext {
  readonly layout: Layout;
  /** The receiver's clock. */
  readonly nowMs: number;
}

/** Fields of the tuple with and without the two optional ones at its end. */
const MIN_FIELDS = 11;
const MAX_FIELDS = 13;

/** A frame's bytes, in a buffer of their own that may be transferred. */
export function encodeFrame(frame: Frame): Uint8Array {
  const { from, to, samples, publishedAtMs, pendingMs, partition, partitions, code, magnitudes, payload } = frame;
  // The origin's clock travels as its lowest 32 bits.
  const publishedAt = Math.round(publishedAtMs) >>> 0;
  const pending = Math.min(Math.round(pendingMs), MAX_PENDING_MS);
  const span = to - from;
  const fields: unknown[] = [FRAME_VERSION, to, span, samples, publishedAt, pending, partition, partitions, code];
  fields.push(magnitudes, payload);
  if (frame.fingerprint !== null || frame.signature !== null) fields.push(frame.fingerprint);
  if (frame.signature !== null) fields.push(frame.signature);
  return packTuple(fields);
}

/**
 * Reads a frame, every field checked; throws MESSAGE_INVALID. The payload and the signature returned are views of
 * `bytes`. The payload's own form is checked by `decodeUpdate`.
 */
export function decodeFrame(bytes: Uint8Array, { layout, nowMs }: FrameContext): Frame {
  if (bytes.length > maxFrameBytes(layout)) throw invalid('length', 'exceeds any frame of this model');
  const tensors = layout.tensors.length;
  // The tuple's head, its fields, and what the two lists among them hold.
  const fields = unpackTuple(bytes, 1 + MAX_FIELDS + tensors + 2);
  if (fields === null) throw invalid('form', 'is not a tuple of the fields of a frame');
  if (fields[0] !== FRAME_VERSION) throw invalid('version', 'is not known here');
  if (fields.length < MIN_FIELDS || fields.length > MAX_FIELDS) throw invalid('form', 'has another number of fields');

  const to = integer('to', fields[1], 1, MAX_COUNT);
  const span = integer('span', fields[2], 1, to);
  const publishedAt = integer('publishedAtMs', fields[4], 0, 2 ** 32 - 1);
  const partitions = integer('partitions', fields[7], 1, MAX_PARTITIONS);
  return {
    from: to - span,
    to,
    samples: integer('samples', fields[3], 0, MAX_COUNT),
    publishedAtMs: unwrapNear(publishedAt, nowMs),
    pendingMs: integer('pendingMs', fields[5], 0, MAX_PENDING_MS),
    partition: integer('partition', fields[6], 0, partitions - 1),
    partitions,
    code: integer('code', fields[8], 0, 255),
    magnitudes: magnitudesOf(fields[9], tensors),
    payload: bytesOf('payload', fields[10]),
    fingerprint: fingerprintOf(fields[11] ?? null),
    signature: signatureOf(fields[12] ?? null),
  };
}

/** Bytes of coded entries within a frame that `encodeFrame` made. */
export function payloadBytes(frame: Uint8Array): number {
  return (unpackTuple(frame, frame.length)![MIN_FIELDS - 1] as Uint8Array).length;
}

/** What a frame adds to the shared sum; throws MESSAGE_INVALID where its code is unknown or its payload malformed. */
export function decodeUpdate(frame: Frame, layout: Layout, unit: number): Delta {
  const range = partitionRange(frame.partition, frame.partitions, layout.size);
  return updateCode(frame.code).decode(frame, { layout, range, unit });
}

function invalid(field: string, problem: string): MurmurError {
  return new MurmurError({ code: 'MESSAGE_INVALID', message: 'frame', field, problem });
}

function integer(field: string, value: unknown, least: number, most: number): number {
  if (!Number.isInteger(value)) throw invalid(field, 'is not a whole number');
  const number = value as number;
  if (number < least || number > most) throw invalid(field, `is not within ${least} to ${most}`);
  return number;
}

function bytesOf(field: string, value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw invalid(field, 'is not a byte string');
  return value;
}

function magnitudesOf(value: unknown, tensors: number): number[] {
  if (!Array.isArray(value)) throw invalid('magnitudes', 'are not a list');
  if (value.length > tensors) throw invalid('magnitudes', 'are more than the model has tensors');
  if (!value.every(isMagnitude)) throw invalid('magnitudes', 'hold one out of bounds');
  return value;
}

function fingerprintOf(value: unknown): Fingerprint | null {
  if (value === null) return null;
  if (!Array.isArray(value) || value.length !== 2) throw invalid('fingerprint', 'is not a pair');
  return [integer('fingerprint', value[0], 0, 2 ** 32 - 1), integer('fingerprint', value[1], 0, 2 ** 32 - 1)];
}

function signatureOf(value: unknown): Uint8Array | null {
  if (value === null) return null;
  const signature = bytesOf('signature', value);
  if (signature.length !== SIGNATURE_BYTES) throw invalid('signature', `is not ${SIGNATURE_BYTES} bytes long`);
  return signature;
}

/** The time nearest to `nowMs`, within 24 days, whose lowest 32 bits are `lowBits`. */
function unwrapNear(lowBits: number, nowMs: number): number {
  const now = Math.round(nowMs);
  return now + ((lowBits - now) | 0);
}
