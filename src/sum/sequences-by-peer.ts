import { type OriginKey, type PeerName, peerOf } from './origin.ts';

/** The origins of a vector as one number each, by peer: sums over a peer's incarnations. */
export function sequencesByPeer(entries: Iterable<readonly [OriginKey, number]>): Record<PeerName, number> {
  // Without a prototype, where peers of any name would be found.
  const sums: Record<PeerName, number> = Object.create(null);
  for (const [origin, sequence] of entries) {
    const peer = peerOf(origin);
    sums[peer] = (sums[peer] ?? 0) + sequence;
  }
  return sums;
}
