/** A receiver opens one stream for each try; see README.md. */
export const REPLICA_PROTOCOL = '/murmuration/replica/1';

/** Version of the image's format, the first field of its head. */
export const IMAGE_VERSION = 1;

/** Origins in an image: the longest list that a message takes, some 4,096 peers in 16 incarnations each. */
export const MAX_IMAGE_ORIGINS = 65_535;

/** Peers whose samples are told: those of a swarm of `MAX_PEERS`, and as many that have left. */
export const MAX_SAMPLES_PEERS = 8192;

/**
 * The head of a transfer, and that of an image: 157 bytes an origin with its sequence, 10 more with its fingerprint,
 * 140 a peer with its samples, rounded up.
 */
export const MAX_HEAD_BYTES = 2 ** 24;

/** Values and lists in either head: five an origin, three a peer with its samples, and a few of its own. */
export const MAX_HEAD_TOKENS = 5 * MAX_IMAGE_ORIGINS + 16;

/** What a receiver says: a kind and a hash or a number, with room to spare. */
export const MAX_REQUEST_BYTES = 64;

/**
 * An image travels in pieces of this size: few enough that what surrounds a piece does not count, small enough that a
 * stream that carries updates beside it waits for milliseconds.
 */
export const PIECE_BYTES = 2 ** 16;

/** Transfers that a source serves at once: each takes its share of the uplink from the updates of everybody. */
export const MAX_TRANSFERS = 4;

/** Who asks within this time gets the image made last: joiners often come together, and the log covers two seconds. */
export const SHARE_IMAGE_MS = 2_000;

/** How long after its last use an image can be continued: as long as the tries of a receiver take, a stall included. */
export const KEEP_IMAGE_MS = 60_000;

/** Images kept at a source beside those under way: the newest, and the one before, which some may not have whole yet. */
export const KEPT_IMAGES = 2;

/** No step of a transfer, a piece of 64 KiB at most, takes longer on any link that can carry a run. */
export const STALL_TIMEOUT_MS = 30_000;

/** Streams opened for one transfer: the first, and those that go on where one broke or the source was busy. */
export const MAX_TRIES = 6;

/** Wait before the second try; each later one waits this much longer: 15 s in all. */
export const RETRY_DELAY_MS = 1_000;

/**
 * No image of a model of so many parameters is longer. Brotli adds four bytes to every 16 KiB that it cannot compress; a
 * thousandth is four times as much.
 */
export function maxImageBytes(parameters: number): number {
  return MAX_HEAD_BYTES + Math.ceil(4.004 * parameters) + 64;
}
