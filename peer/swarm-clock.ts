import { MAX_SAMPLES_PEERS } from '../protocols/replica/constants.ts';
import type { PeerName } from '../src/sum/origin.ts';
import type { Members } from './members.ts';

/**
 * No other peer counts for more than this many times the samples of the next best: machines of one swarm are seldom
 * further apart, and one that makes up its count drives a swarm of four about five times too fast, where it could end
 * the run by a single word. It takes three to tell: of two peers either may be the liar.
 */
const MAX_LEAD = 16;

/** The swarm's clock: samples that all peers together have trained on, as far as this one knows. */
export class SwarmClock {
  readonly #members: Members;
  readonly #alonePeers: number | null;
  readonly #limitSamples: number;
  /** What frames, other peers and the checkpoint told of each peer, those that have left included. */
  readonly #told = new Map<PeerName, number>();
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

  /** Somebody who knows says that `name` has trained on so many, over all its processes. */
  told(name: PeerName, samples: number): void {
    const known = this.#told.get(name);
    if (known === undefined && this.#told.size === MAX_SAMPLES_PEERS) return;
    this.#told.set(name, Math.max(known ?? 0, Math.min(samples, this.#limitSamples)));
  }

  /** The same of this peer itself: an earlier process of it may have gone on after its last checkpoint. */
  toldOfSelf(samples: number): void {
    this.#own = Math.max(this.#own, Math.min(samples, this.#limitSamples));
  }

  samples(): number {
    if (this.#alonePeers !== null) return this.#own * this.#alonePeers;
    const others = [...this.ofOthers()].map(([, samples]) => samples);
    const next = [this.#own, ...others].sort((a, b) => b - a)[1] ?? 0;
    const most = others.length > 1 ? MAX_LEAD * next : Number.POSITIVE_INFINITY;
    return others.reduce((total, samples) => total + Math.min(samples, most), this.#own);
  }

  /** Samples of every other peer, as far as known here. */
  *ofOthers(): Generator<readonly [PeerName, number]> {
    for (const [name, samples] of this.#told) if (this.#members.get(name) === undefined) yield [name, samples];
    for (const { name, samples } of this.#members.all()) {
      yield [name, Math.max(Math.min(samples, this.#limitSamples), this.#told.get(name) ?? 0)];
    }
  }
}
