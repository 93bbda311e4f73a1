import type { Members } from './members.ts';

/** The swarm's clock: samples that all peers together have trained on, as far as this one knows. */
export class SwarmClock {
  readonly #members: Members;
  readonly #alonePeers: number | null;
  readonly #limitSamples: number;
  #own = 0;

  /**
   * @param alonePeers where nothing is exchanged no frame tells how far the others are: the swarm is then taken to be
   *   this many times as far as this peer. Null where frames do tell.
   * @param limitSamples the run's, which no single peer can be beyond, whatever it says
   */
  constructor(members: Members, alonePeers: number | null, limitSamples: number) {
    this.#members = members;
    this.#alonePeers = alonePeers;
    this.#limitSamples = limitSamples;
  }

  get own(): number {
    return this.#own;
  }

  trained(samples: number): void {
    this.#own += samples;
  }

  samples(): number {
    if (this.#alonePeers !== null) return this.#own * this.#alonePeers;
    let total = this.#own;
    for (const member of this.#members.all()) total += Math.min(member.samples, this.#limitSamples);
    return total;
  }
}
