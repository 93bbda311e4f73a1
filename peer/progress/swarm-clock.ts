import { MAX_SAMPLES_PEERS } from '../../protocols/replica/constants.ts';
import type { ReplicaHead } from '../../protocols/replica/replica-fetch.ts';
import { type PeerName, peerOf } from '../../src/sum/origin.ts';
import type { Members } from '../membership/members.ts';

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
  /** What each peer's own frames told of it, those that have left included. */
  readonly #told = new Map<PeerName, number>();
  /** What others told of it, and the checkpoint, which had it from them in part. */
  readonly #rumours = new Map<PeerName, number>();
  #own = 0;
  /** What was added up last, and from what: it is asked for several times a round, and goes over everybody. */
  #added = { own: -1, words: -1, generation: -1, standings: { count: 0, sum: 0, best: 0, next: 0 } };
  #toldSince = false;

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

  /** A frame of `name` says that it has trained on so many, over all its processes. */
  told(name: PeerName, samples: number): void {
    this.#note(this.#told, name, samples);
    this.#toldSince = true;
  }

  /** Somebody else, or the checkpoint, says so: all that is known only in this way counts for no more than one peer may. */
  rumoured(name: PeerName, samples: number): void {
    this.#note(this.#rumours, name, samples);
  }

  /** The head of a replica tells of everybody who is in it: of others that it names it knows nothing. */
  toldByHead({ vector, samples }: Pick<ReplicaHead, 'vector' | 'samples'>, self: PeerName): void {
    const summed = new Set(vector.map(([origin]) => peerOf(origin)));
    for (const [name, count] of samples) {
      if (!summed.has(name)) continue;
      if (name === self) this.toldOfSelf(Math.min(count, this.#most()));
      else this.rumoured(name, count);
    }
  }

  /** The same of this peer itself: an earlier process of it may have gone on after its last checkpoint. */
  toldOfSelf(samples: number): void {
    this.#own = Math.max(this.#own, Math.min(samples, this.#limitSamples));
  }

  samples(): number {
    if (this.#alonePeers !== null) return this.#own * this.#alonePeers;
    const { count, sum, best, next } = this.#standings();
    const most = mostOf(count, next);
    // Of all who count, the first alone may be beyond.
    const beyond = best > this.#own ? Math.max(0, best - most) : 0;
    let rumoured = 0;
    for (const [name, samples] of this.#rumours) rumoured += Math.max(0, samples - this.#firstHandOf(name));
    return this.#own + sum - beyond + Math.min(rumoured, most);
  }

  /** Samples of every other peer, as far as known here. */
  ofOthers(): Iterable<readonly [PeerName, number]> {
    const all = new Map<PeerName, number>();
    for (const { name } of this.#members.all()) all.set(name, this.#firstHandOf(name));
    for (const counts of [this.#told, this.#rumours]) {
      for (const [name, samples] of counts) all.set(name, Math.max(samples, all.get(name) ?? 0));
    }
    return all;
  }

  /** The most that a peer counts for. */
  #most(): number {
    const { count, next } = this.#standings();
    return mostOf(count, next);
  }

  /** What the others told of themselves: how many they are, their sum, and the best two counts, the own one among them. */
  #standings(): { readonly count: number; readonly sum: number; readonly best: number; readonly next: number } {
    const { words, generation } = this.#members;
    const added = this.#added;
    const stand = added.own === this.#own && added.words === words && added.generation === generation;
    if (!stand || this.#toldSince) {
      this.#added = { own: this.#own, words, generation, standings: this.#addUp() };
      this.#toldSince = false;
    }
    return this.#added.standings;
  }

  #addUp() {
    const standings = { count: 0, sum: 0, best: this.#own, next: 0 };
    const enter = (samples: number) => {
      standings.count++;
      standings.sum += samples;
      if (samples > standings.best) {
        standings.next = standings.best;
        standings.best = samples;
      } else if (samples > standings.next) {
        standings.next = samples;
      }
    };
    for (const { name } of this.#members.all()) enter(this.#firstHandOf(name));
    for (const [name, samples] of this.#told) if (this.#members.get(name) === undefined) enter(samples);
    return standings;
  }

  /** What a peer told of itself, in a frame or a status; 0 where nothing. */
  #firstHandOf(name: PeerName): number {
    const said = Math.min(this.#members.get(name)?.samples ?? 0, this.#limitSamples);
    return Math.max(said, this.#told.get(name) ?? 0);
  }

  #note(counts: Map<PeerName, number>, name: PeerName, samples: number): void {
    const known = counts.get(name);
    if (known === undefined && counts.size === MAX_SAMPLES_PEERS) return;
    counts.set(name, Math.max(known ?? 0, Math.min(samples, this.#limitSamples)));
  }
}

/** @param next samples of the second best */
function mostOf(others: number, next: number): number {
  return others > 1 ? MAX_LEAD * next : Number.POSITIVE_INFINITY;
}
