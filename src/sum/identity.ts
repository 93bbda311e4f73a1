import { isOf, type OriginKey, originKey, type PeerName } from './origin.ts';

/**
 * The origin under which a peer publishes: its name and an incarnation. It changes within a process where the peer
 * gives up updates that it has published (design, section 1, replica transfer): no sequence number is used twice.
 */
export class Identity {
  readonly peer: PeerName;
  readonly #drawIncarnation: () => bigint;
  #origin: OriginKey;

  /** @param drawIncarnation 64 random bits */
  constructor(peer: PeerName, drawIncarnation: () => bigint) {
    this.peer = peer;
    this.#drawIncarnation = drawIncarnation;
    this.#origin = this.drawOrigin();
  }

  get origin(): OriginKey {
    return this.#origin;
  }

  /** Another origin of this peer, for `become`. */
  drawOrigin(): OriginKey {
    return originKey({ peer: this.peer, incarnation: this.#drawIncarnation() });
  }

  become(origin: OriginKey): void {
    this.#origin = origin;
  }

  /** Whether it is an origin of this peer under which it no longer publishes. */
  isFormer(origin: OriginKey): boolean {
    return origin !== this.#origin && isOf(origin, this.peer);
  }
}
