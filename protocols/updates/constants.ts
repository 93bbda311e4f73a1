import type { Layout } from '../../src/models/layout.ts';

/** Version of the frame's format, its first field. */
export const FRAME_VERSION = 1;

/** The longest wait in `pending` that is told, 12 days: a field that fits 32 bits with room to add. */
export const MAX_PENDING_MS = 2 ** 30;

/** Bytes of an Ed25519 signature, the only length that the slot takes. */
export const SIGNATURE_BYTES = 64;

/** Bytes of a frame beside magnitudes and payload: 129 with every number at its longest and a signature, rounded up. */
export const MAX_HEADER_BYTES = 256;

/** Bytes of one magnitude in msgpack: below 2^32, so never more. */
export const MAX_MAGNITUDE_BYTES = 5;

/** Bytes per parameter of the widest code, dense fp32. */
export const MAX_ENTRY_BYTES = 4;

/** No frame of a layout is longer: one with every parameter, uncompressed. */
export function maxFrameBytes(layout: Layout): number {
  return MAX_HEADER_BYTES + MAX_MAGNITUDE_BYTES * layout.tensors.length + MAX_ENTRY_BYTES * layout.size;
}

/** A receiver opens one stream for each scope it wants; see README.md. */
export const UPDATES_PROTOCOL = '/murmuration/updates/2';

/**
 * A source answers the close of a feed at once, behind what is under way: one window's worth, a second or two on a slow
 * link. After this much it is taken to be dead, and the channel is given up.
 */
export const CLOSE_TIMEOUT_MS = 5_000;

/** Peers that a scope names: direct feeds name one, gossip feeds whom they leave out of their arc, all of `MAX_PEERS` at the most. */
export const MAX_SCOPE_PEERS = 4096;

/** Origins in one subscription's vector: a scope of the widest kind, in which some peers have restarted. */
export const MAX_FEED_ORIGINS = 8192;

/** Numbers that stand for origins on one stream: those of its vector, and as many that the receiver had not heard of. */
export const MAX_ORIGIN_NUMBERS = 2 * MAX_FEED_ORIGINS;

/** Bytes that stand for an origin: of 8,192 at each side, two are taken for one another once in 2^38 subscriptions. */
export const ALIAS_BYTES = 8;

/** Origins whose names a source asks for, once: four of each peer that one may follow on the word of others. */
export const MAX_NAMES_ASKED = 256;

/** Bytes of a difference between two counts: seven bits each, and none is above `MAX_COUNT`. */
export const MAX_DIFFERENCE_BYTES = 7;

/**
 * Incarnations of one peer: one for each of its processes that publishes, and one more whenever it gives up updates that
 * it has published. A quarter of the room that a finishing peer's vector has; whoever needs more comes back under a new
 * name.
 */
export const MAX_INCARNATIONS = 64;

/**
 * Subscriptions that a source serves one peer at a time: a direct feed for every peer that has fallen silent, in swarms
 * of several times the size that direct feeds are for. As many as it has streams on one connection.
 */
export const MAX_SUBSCRIPTIONS_PER_PEER = 64;

/**
 * A subscriber that takes none of the updates which wait for it for this long is waited for no longer, as one of whom
 * nothing is heard for as long.
 */
export const STALL_PATIENCE_MS = 30_000;

/** The most bytes that a receiver may ask to be under way at once: more would only fill the source's memory. */
export const MAX_WINDOW_BYTES = 2 ** 30;

/** A subscription with the widest scope and vector: 130 bytes a name, 15 an entry. */
export const MAX_SUBSCRIPTION_BYTES = 2 ** 20;

/** Bytes around a frame in its message: kind, number and the byte string's head, with room to spare. */
export const MAX_UPDATE_ENVELOPE_BYTES = 32;

/**
 * Updates that wait together go in one message of up to so many bytes: small frames are some hundred bytes long. Every
 * message of another kind is far shorter.
 */
export const MAX_BATCH_BYTES = 2 ** 16;

/** Updates in one message: none of any use takes less than 64 bytes. */
export const MAX_BATCH_UPDATES = MAX_BATCH_BYTES / 64;

/**
 * From a source that passes everybody's updates on, a message comes no sooner after the one before: a twentieth of a
 * round on the way of many hops, and one message where there would be dozens.
 */
export const GATHER_MS = 20;
/** Or so much an origin in its log, where that is longer: then nobody gets more than a few hundred messages a second. */
export const GATHER_MS_PER_ORIGIN = 1;

/**
 * Where more updates of one origin than these wait for a receiver they are merged: as many as a peer may at most be ahead
 * of its subscribers where nothing else is set.
 */
export const MERGE_ABOVE = 32;

/** Updates in one merged frame: enough to save most of what merging can, and read in a few milliseconds. */
export const MAX_MERGED = 64;

/** No message of a source is longer; a frame that is, goes alone. */
export function maxSourceMessageBytes(layout: Layout): number {
  return Math.max(MAX_BATCH_BYTES, maxFrameBytes(layout) + MAX_UPDATE_ENVELOPE_BYTES);
}
