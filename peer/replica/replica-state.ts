import { z } from 'zod';
import { packTuple } from '../../protocols/flat-tuple.ts';
import { maxImageBytes } from '../../protocols/replica/constants.ts';
import { decodeReplicaImage, encodeReplicaImage } from '../../protocols/replica/image.ts';
import { countField, decodeTuple, vectorField } from '../../protocols/tuples.ts';
import { MurmurError } from '../../src/support/errors.ts';
import type { ReplicaRemains } from './replica.ts';

/** The replica side's part of a checkpoint. The lookahead starts anew: it has no memory, or one of a few rounds. */
export interface ReplicaState {
  readonly remains: ReplicaRemains;
  /** Rounds so far: whose partition's turn it is. */
  readonly round: number;
  /** Samples drawn from this peer's shard. */
  readonly drawn: number;
  /** When it was made, in milliseconds since the epoch: what is pending is at least as old. */
  readonly atMs: number;
}

/** What S starts from, and the seed of its hash: both follow from the manifest. */
export interface ReplicaContext {
  readonly start: Int32Array;
  readonly hashSeed: number;
}

const STATE_VERSION = 2;
/** Former origins in either list: a peer has another after each restart, and each partition longer than the logs reach. */
const MAX_FORMER = 4096;
/** Beside the image and two vectors of float32: numbers, former origins at 160 bytes each, heads of byte strings. */
const MAX_STATE_HEAD_BYTES = 2 ** 21;

const bytesField = z.instanceof(Uint8Array);
const schema = z.tuple([
  z.literal(STATE_VERSION),
  countField,
  countField,
  z.number().min(0),
  vectorField(MAX_FORMER),
  vectorField(MAX_FORMER),
  bytesField,
  bytesField,
  bytesField,
]);

/** The most that a state of so many parameters takes. */
export function maxStateBytes(parameters: number): number {
  return maxImageBytes(parameters) + 8 * parameters + MAX_STATE_HEAD_BYTES;
}

export function encodeReplicaState({ remains, round, drawn, atMs }: ReplicaState, start: Int32Array): Uint8Array {
  const { sum, pending, velocity } = remains;
  const image = encodeReplicaImage(sum, start);
  const givenUp = remains.givenUp.slice(-MAX_FORMER);
  const returned = remains.returned.slice(-MAX_FORMER);
  return packTuple([STATE_VERSION, round, drawn, atMs, givenUp, returned, bytesOf(pending), bytesOf(velocity), image]);
}

/** Throws MESSAGE_INVALID where it is not a sound state of this model, the fingerprint equation included. */
export function decodeReplicaState(bytes: Uint8Array, context: ReplicaContext): ReplicaState {
  const parameters = context.start.length;
  const fields = decodeTuple('checkpoint', bytes, schema, maxStateBytes(parameters));
  const [, round, drawn, atMs, givenUp, returned, pending, velocity, image] = fields;
  return {
    remains: {
      sum: decodeReplicaImage(image, context),
      pending: floatsOf('pending', pending, parameters),
      velocity: floatsOf('velocity', velocity, parameters),
      givenUp,
      returned,
    },
    round,
    drawn,
    atMs,
  };
}

/** Little-endian on every machine that Node runs on. */
function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function floatsOf(field: string, bytes: Uint8Array, parameters: number): Float32Array {
  if (bytes.length !== 4 * parameters) throw invalid(field, `does not have ${parameters} entries`);
  // A copy of its own, for a view of the message may begin anywhere.
  const floats = new Float32Array(new Uint8Array(bytes).buffer);
  if (!floats.every(Number.isFinite)) throw invalid(field, 'holds what is no number');
  return floats;
}

function invalid(field: string, problem: string): MurmurError {
  return new MurmurError({ code: 'MESSAGE_INVALID', message: 'checkpoint', field, problem });
}
