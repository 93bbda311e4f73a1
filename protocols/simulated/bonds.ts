import type { PeerName } from '../../src/sum/origin.ts';

/**
 * Numbers the connections of every pair of peers: those that begin before the end of one have its number, those that begin
 * later a higher one. So news of an end, which travels, does not end what has begun since.
 */
export class Bonds {
  readonly #current = new Map<string, number>();

  current(one: PeerName, other: PeerName): number {
    return this.#current.get(pair(one, other)) ?? 0;
  }

  end(one: PeerName, other: PeerName, bond: number): void {
    const key = pair(one, other);
    this.#current.set(key, Math.max(this.#current.get(key) ?? 0, bond + 1));
  }
}

function pair(one: PeerName, other: PeerName): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}
