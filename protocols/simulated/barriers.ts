import type { PeerName } from '../../src/sum/origin.ts';

const nobody: ReadonlySet<PeerName> = new Set();

/** Where nothing passes: between two parts of the network, or from some peers to some, while the way back is open. */
export class Barriers {
  #parted = nobody;
  #from = nobody;
  #to = nobody;
  /** Counts what was blocked. */
  #blockade = 0;

  /** Parts these peers from all others; with none, all are joined. */
  part(names: readonly PeerName[]): void {
    this.#parted = new Set(names);
  }

  /** Lets nothing pass from the ones to the others, in the place of what was blocked before. */
  block(from: readonly PeerName[], to: readonly PeerName[]): void {
    this.#from = new Set(from);
    this.#to = new Set(to);
    this.#blockade++;
  }

  get blockade(): number {
    return this.#blockade;
  }

  /** Whether the two are on different sides of a partition. */
  parts(one: PeerName, other: PeerName): boolean {
    return this.#parted.size > 0 && this.#parted.has(one) !== this.#parted.has(other);
  }

  /** Whether nothing passes this way. */
  blocks(from: PeerName, to: PeerName): boolean {
    return this.#from.size > 0 && this.#from.has(from) && this.#to.has(to);
  }

  /** Whether the one or the other way is blocked: no connection can be made. */
  silences(one: PeerName, other: PeerName): boolean {
    return this.blocks(one, other) || this.blocks(other, one);
  }
}
