/** Streams of one protocol that a peer may hold open over one connection; a stream costs up to two windows of memory. */
export const MAX_STREAMS = 64;

/** Streams that a remote may hold open over one connection in all: the full share of four protocols. */
export const MAX_INBOUND_STREAMS = 4 * MAX_STREAMS;

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

/**
 * What one packet of gossip may hold: a run has one topic, its packets a message each and a few words of control. What
 * has more is not read (gossipsub's own bounds are 5,000 each).
 */
export const MAX_GOSSIP_PARTS = 64;

/** Connections held at once; beyond it the oldest are closed. The direct topology needs one per peer. */
export const MAX_CONNECTIONS = 4096;

/** New connections a second from one host: a whole swarm may start on one machine, or behind one address. */
export const MAX_CONNECTIONS_PER_HOST_SECOND = 256;

/** How often a connection is probed, and how long an answer may take before the connection counts as lost. */
export const PROBE_INTERVAL_MS = 30_000;
/** Long, for a peer may be starved of processor time by training; a closed socket is noticed at once anyway. */
export const PROBE_TIMEOUT_MS = 60_000;

/**
 * How long a connection may take to come about, encryption agreed on: some five round trips. Long: where a whole swarm
 * starts on one machine, thousands of handshakes share its processor, and one that is given up was work for nothing. With
 * 20 s no more connections came about where 64 peers had a fifth of a processor: each answer took them 5 to 8 s.
 */
export const DIAL_TIMEOUT_MS = 60_000;

/** How long opening a channel may take, both of its round trips included. */
export const OPEN_TIMEOUT_MS = 60_000;

/**
 * Neighbours to which a peer forwards gossip. An author sends to all its neighbours by itself (flood publishing), so
 * forwarding only has to bridge to those further away: a low degree keeps the duplicates down.
 */
export const GOSSIP_DEGREE = 3;

/**
 * Neighbours beyond which others are sent away as such, and told of `EXCHANGED_PEERS` more instead, whom they dial: a
 * swarm begins as a star around the peer that all have joined, and who knows nobody else there hears of nobody else.
 */
export const MAX_GOSSIP_DEGREE = 8;
export const EXCHANGED_PEERS = 4;

/**
 * A new neighbour takes about two round trips until gossip reaches it: it is looked for after this, then after twice as
 * long, and so on.
 */
export const INTRODUCTION_POLL_MS = 10;
/** Who takes longer, or subscribes to nothing, holds nothing back: where many connect, somebody always does. */
export const INTRODUCTION_PATIENCE_MS = 1_000;

/**
 * The most bytes written at once: with yamux' header of 12 they fill two Noise messages of 65,519, and two of them fit
 * into a stream's first window of 256 KiB. One byte more would be a third Noise message, with an encryption and a system
 * call of its own; half as many cost a window update for each message, and with frames of 64 kB a fifth of the goodput.
 */
export const CHUNK_BYTES = 131_026;
