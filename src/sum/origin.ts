import { interned } from '../support/interned.ts';

/** A peer's name: its libp2p peer id in text form. */
export type PeerName = string;

/**
 * Who published an update: a peer, and a random 64-bit number, drawn anew by every process before its first publication
 * and whenever the peer gives up updates that it has published (`Identity`). A sequence number is therefore never used
 * twice, not by a restored checkpoint and not by a cloned container.
 */
export interface Origin {
  readonly peer: PeerName;
  readonly incarnation: bigint;
}

/** The origin as a key of maps: `peer/incarnation`, the number in 16 hexadecimal digits. */
export type OriginKey = string & { readonly brand?: 'OriginKey' };

export function originKey(origin: Origin): OriginKey {
  return interned(`${origin.peer}/${origin.incarnation.toString(16).padStart(16, '0')}`);
}

/** The peer alone, without reading the number. */
export function peerOf(key: OriginKey): PeerName {
  return key.slice(0, key.lastIndexOf('/'));
}

/** Whether `peerOf(key)` is `peer`; it is asked with every update, and makes no text. */
export function isOf(key: OriginKey, peer: PeerName): boolean {
  return key.lastIndexOf('/') === peer.length && key.startsWith(peer);
}

export function parseOriginKey(key: OriginKey): Origin {
  const slash = key.lastIndexOf('/');
  return { peer: key.slice(0, slash), incarnation: BigInt(`0x${key.slice(slash + 1)}`) };
}
