/** Streams of one protocol that a peer may hold open over one connection; a stream costs up to two windows of memory. */
export const MAX_STREAMS = 64;

/**
 * Streams that a dialler may open before the listener has finished its side of the connection; one more ends the
 * connection. Room for a protocol's full share, and for libp2p's own.
 */
export const MAX_EARLY_STREAMS = MAX_STREAMS + 16;

/**
 * The most bytes a remote may send into a channel that nobody reads: yamux's receive window. It also caps the
 * goodput of a channel to one window a round trip: 1 MiB gives 80 Mbit/s at 100 ms.
 */
export const MAX_WINDOW_BYTES = 2 ** 20;

/**
 * Room that a gossip message's name, signature and topic take beside its data. A longer packet ends the gossip of the
 * peer that sent it.
 */
export const GOSSIP_ENVELOPE_BYTES = 4096;

/** Connections held at once; beyond it the oldest are closed. The direct topology needs one per peer. */
export const MAX_CONNECTIONS = 4096;

/** New connections a second from one host: a whole swarm may start on one machine, or behind one address. */
export const MAX_CONNECTIONS_PER_HOST_SECOND = 256;

/** How often a connection is probed, and how long an answer may take before the connection counts as lost. */
export const PROBE_INTERVAL_MS = 30_000;
/** Long, for a peer may be starved of processor time by training; a closed socket is noticed at once anyway. */
export const PROBE_TIMEOUT_MS = 30_000;

/** How long opening a channel may take, both of its round trips included. */
export const OPEN_TIMEOUT_MS = 20_000;

/**
 * Neighbours to which a peer forwards gossip. An author sends to all its neighbours by itself (flood publishing), so
 * forwarding only has to bridge to those further away: a low degree keeps the duplicates down.
 */
export const GOSSIP_DEGREE = 3;

/** A new neighbour takes about two round trips until gossip reaches it; who subscribes to nothing holds none back longer. */
export const INTRODUCTION_POLL_MS = 10;
export const MAX_INTRODUCTION_POLLS = 100;
