import { z } from 'zod';
import { type OriginKey, type PeerName, peerOf } from '../../src/sum/origin.ts';
import { packTuple } from '../flat-tuple.ts';
import { countField, decodeTuple, hexField, vectorField } from '../tuples.ts';
import { STATUS_MAX_ADDRESSES, STATUS_MAX_BYTES, STATUS_MAX_ORIGINS } from './constants.ts';

/** Where a peer is in its life, in the order in which it goes through them. */
export const peerStates = ['joining', 'ready', 'training', 'finishing', 'left'] as const;
export type PeerState = (typeof peerStates)[number];

/** What a peer tells everyone about itself. */
export interface Status {
  readonly origin: OriginKey;
  readonly state: PeerState;
  readonly samples: number;
  /** Updates published. */
  readonly published: number;
  /** Swarm samples at which the shared replica last reached the target on the whole test set; null before. */
  readonly confirmedAtSamples: number | null;
  /** Where others can dial this peer; complete with its name. */
  readonly addresses: readonly string[];
  /** Updates that are applied, and their vector's digest; only once finishing, when it is what the others wait for. */
  readonly applied: { readonly updates: number; readonly digest: string } | null;
  /** What is applied, per origin, for those who do not know of all of them; only together with `applied`, and not in gossip. */
  readonly vector: readonly (readonly [OriginKey, number])[] | null;
}

const VERSION = 3;
const schema = z.tuple([
  z.literal(VERSION),
  hexField(8),
  z
    .number()
    .int()
    .min(0)
    .max(peerStates.length - 1),
  countField,
  countField,
  countField.nullable(),
  z.array(z.string().max(256)).max(STATUS_MAX_ADDRESSES),
  z.tuple([countField, hexField(16)]).nullable(),
  vectorField(STATUS_MAX_ORIGINS).nullable(),
]);

/** Without its author's name, which comes with it by gossip, and with which every address ends. */
export function encodeStatus(status: Status): Uint8Array {
  const { origin, state, samples, published, confirmedAtSamples, addresses, applied, vector } = status;
  const name = peerOf(origin);
  return packTuple([
    VERSION,
    Buffer.from(origin.slice(name.length + 1), 'hex'),
    peerStates.indexOf(state),
    samples,
    published,
    confirmedAtSamples,
    addresses.slice(0, STATUS_MAX_ADDRESSES).map((address) => address.slice(0, -name.length)),
    applied && [applied.updates, Buffer.from(applied.digest, 'hex')],
    vector?.slice(0, STATUS_MAX_ORIGINS) ?? null,
  ]);
}

/** Throws MESSAGE_INVALID. */
export function decodeStatus(bytes: Uint8Array, author: PeerName): Status {
  const fields = decodeTuple('status', bytes, schema, STATUS_MAX_BYTES);
  const [, incarnation, state, samples, published, confirmedAtSamples, places, standing, vector] = fields;
  const origin = `${author}/${incarnation}`;
  const addresses = places.map((place) => place + author);
  const applied = standing && { updates: standing[0], digest: standing[1] };
  return { origin, state: peerStates[state]!, samples, published, confirmedAtSamples, addresses, applied, vector };
}
