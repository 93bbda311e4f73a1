import type { PeerName } from '../../src/sum/origin.ts';

/** Hears what a peer does or suffers, in a few words. Left out where nobody listens, so that no words are made. */
export type Trace = (peer: PeerName, what: string) => void;

/** A line for each event: virtual time since `startMs`, peer, what. */
export function traceLine(sinceStartMs: number, peer: PeerName, what: string): string {
  return `${(sinceStartMs / 1000).toFixed(6).padStart(12)} s  ${peer.padEnd(9)} ${what}`;
}
