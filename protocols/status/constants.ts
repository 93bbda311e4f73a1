import { MAX_PEERS } from '../../src/manifest.ts';
import type { Rate } from '../../src/support/rate-limit.ts';

/** Gossip topic of a run: the digest keeps runs that share a network apart. */
export const statusTopic = (manifestDigest: string): string => `/murmuration/status/1/${manifestDigest.slice(0, 16)}`;
/** Shortest time between two unasked statuses: often enough for a live view. */
export const STATUS_MIN_INTERVAL_MS = 1_000;
/** Longest time where peers are few: a third of the silence after which a peer is suspected. */
export const STATUS_MAX_INTERVAL_MS = 10_000;
/** Where they are many it is so much a peer: then each passes 25 statuses a second on, some 10 kB. */
export const STATUS_INTERVAL_MS_PER_PEER = 40;
/** Up to here: who is gone without a word is known to be before two minutes have passed. */
export const STATUS_WIDE_INTERVAL_MS = 30_000;

/** Longest time between two unasked statuses in a swarm of so many peers. */
export function statusMaxIntervalMs(peers: number): number {
  return Math.min(STATUS_WIDE_INTERVAL_MS, Math.max(STATUS_MAX_INTERVAL_MS, STATUS_INTERVAL_MS_PER_PEER * peers));
}

/** Share of a peer's egress that its statuses may take (design, section 3). */
export const STATUS_EGRESS_SHARE = 0.01;
/** What gossipsub, noise and yamux add to a status on its way, measured on a mesh of four: signature, key, topic, ids. */
export const STATUS_OVERHEAD_BYTES = 320;
/** Statuses asked for within this time leave as one. */
export const STATUS_GATHER_MS = 20;
/** Or within so much a peer of the swarm, where that is longer: then nobody hears more than 500 statuses a second. */
export const STATUS_GATHER_MS_PER_PEER = 2;
/**
 * Statuses of one peer that are read: none sends them closer than `STATUS_GATHER_MS`, and a link that stood for five
 * seconds brings them all at once. The rest is dropped unread.
 */
export const STATUS_RATE: Rate = { perSecond: 1000 / STATUS_GATHER_MS, burst: 5000 / STATUS_GATHER_MS };
/**
 * Statuses that are read of all those together who have not said hello, for anybody can make up names: a swarm of the
 * largest size at the longest interval, which may all have started at once.
 */
export const STRANGERS_STATUS_RATE: Rate = { perSecond: (1000 * MAX_PEERS) / STATUS_MAX_INTERVAL_MS, burst: MAX_PEERS };
/** A status with a vector of 256 origins fits. */
export const STATUS_MAX_BYTES = 32_768;
/** Origins in a status's vector: 16 directly connected peers in 16 incarnations each. */
export const STATUS_MAX_ORIGINS = 256;
/** Addresses a peer announces: a machine has few that others reach. */
export const STATUS_MAX_ADDRESSES = 8;
