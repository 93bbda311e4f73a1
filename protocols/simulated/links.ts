import type { PeerName } from '../../src/sum/origin.ts';

/** A peer's own line to everybody; unlimited where left out. */
export interface LineSettings {
  /** Shared by all that it sends. */
  readonly bytesPerSecond?: number;
  /** Shared by all that it receives. */
  readonly downBytesPerSecond?: number;
}

/** What lies between two peers, one way. */
export interface PathSettings {
  readonly latencyMs: number;
  /** Added to the latency of each message, uniform between none and this much. */
  readonly jitterMs?: number;
  /** Further time that a channel's message may take while other channels overtake it; in one order where left out. */
  readonly overtakingMs?: number;
  /** Mean life of a connection, exponentially distributed; without end where left out. Told by the dialler's path. */
  readonly connectionMs?: number;
  /** Chance of a message to arrive with one byte flipped. */
  readonly corruption?: number;
}

/** The same for all. */
export interface LinkSettings extends LineSettings, PathSettings {}

/** What each link costs. Asked anew for every message, so it may change with time, and should be quick. */
export interface Links {
  readonly lineOf: (peer: PeerName) => LineSettings;
  readonly pathOf: (from: PeerName, to: PeerName) => PathSettings;
}

export function linksOf(settings: LinkSettings | Links): Links {
  return 'pathOf' in settings ? settings : { lineOf: () => settings, pathOf: () => settings };
}
