import { createHash } from 'node:crypto';
import { z } from 'zod';
import { packTuple } from '../../protocols/flat-tuple.ts';
import { MAX_SAMPLES_PEERS } from '../../protocols/replica/constants.ts';
import { countField, decodeTuple, peerNameField } from '../../protocols/tuples.ts';
import type { PeerName } from '../../src/sum/origin.ts';
import { MurmurError } from '../../src/support/errors.ts';
import { maxStateBytes } from '../replica/replica-state.ts';

/** What a peer goes on from in a later process. */
export interface Checkpoint {
  /** Digest of the run's manifest: of another run nothing can be used. */
  readonly manifest: string;
  readonly shard: number;
  readonly rounds: number;
  /** Samples that this peer has trained on, over all its processes, and those of others as far as it knew. */
  readonly samples: number;
  readonly samplesOfOthers: readonly (readonly [PeerName, number])[];
  /** The replica side's part, for `ReplicaHost.start`. */
  readonly replica: Uint8Array;
}

/** Eight bytes that a checkpoint begins with: the format's name and version. */
const MAGIC = Buffer.from('MURMURC1', 'latin1');
const HASH_BYTES = 32;
/** Beside the replica's part: samples at 140 bytes a peer, rounded up. */
const MAX_HEAD_BYTES = 2 ** 21;

const digestField = z.instanceof(Uint8Array).refine(({ length }) => length === HASH_BYTES, 'has another length');
const schema = z.tuple([
  digestField,
  countField,
  countField,
  countField,
  z.array(z.tuple([peerNameField, countField])).max(MAX_SAMPLES_PEERS),
  z.instanceof(Uint8Array),
]);

/** The most that a checkpoint of a model of so many parameters takes. */
export function maxCheckpointBytes(parameters: number): number {
  return MAGIC.length + HASH_BYTES + MAX_HEAD_BYTES + maxStateBytes(parameters);
}

/** Magic, SHA-256 of what follows, a tuple. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { manifest, shard, rounds, samples, samplesOfOthers, replica } = checkpoint;
  const others = samplesOfOthers.slice(0, MAX_SAMPLES_PEERS);
  const body = packTuple([Buffer.from(manifest, 'hex'), shard, rounds, samples, others, replica]);
  const hash = createHash('sha256').update(body).digest();
  return Buffer.concat([MAGIC, hash, body]);
}

/** Throws MESSAGE_INVALID where a byte is not as it was written. */
export function decodeCheckpoint(bytes: Uint8Array, parameters: number): Checkpoint {
  const bodyAt = MAGIC.length + HASH_BYTES;
  if (bytes.length < bodyAt) throw invalid('length', 'ends early');
  if (!MAGIC.equals(bytes.subarray(0, MAGIC.length))) throw invalid('version', 'is none that is known here');
  const body = bytes.subarray(bodyAt);
  const hash = createHash('sha256').update(body).digest();
  if (!hash.equals(bytes.subarray(MAGIC.length, bodyAt))) throw invalid('checksum', 'is not that of the content');
  const fields = decodeTuple('checkpoint', body, schema, maxCheckpointBytes(parameters));
  const [manifest, shard, rounds, samples, samplesOfOthers, replica] = fields;
  return { manifest: Buffer.from(manifest).toString('hex'), shard, rounds, samples, samplesOfOthers, replica };
}

function invalid(field: string, problem: string): MurmurError {
  return new MurmurError({ code: 'MESSAGE_INVALID', message: 'checkpoint', field, problem });
}
