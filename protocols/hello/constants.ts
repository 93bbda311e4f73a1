import type { Rate } from '../../src/support/rate-limit.ts';

/** Asked once on every new connection, before anything else: is this the same run? */
export const HELLO_PROTOCOL = '/murmuration/hello/1';
/** A digest per manifest section takes about 250 bytes; four times that leaves room for new sections. */
export const HELLO_MAX_BYTES = 1024;
/** A peer that loads a large data set in another thread still answers in milliseconds; a dead one never does. */
export const HELLO_TIMEOUT_MS = 10_000;
/**
 * Hellos that one peer is told: it asks once a connection, and again a second after an answer got lost. What it asks
 * beyond that is not answered.
 */
export const HELLO_RATE: Rate = { perSecond: 1, burst: 8 };
/** Bytes of each section's SHA-256 that are compared: a chance of 2^-64 to miss a difference. */
export const HELLO_DIGEST_BYTES = 8;
