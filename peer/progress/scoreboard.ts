import type { Narrator } from '../narrator.ts';
import type { ReplicaScores } from '../replica/replica-host.ts';
import type { Books } from './accounts.ts';

/** What this peer's replica has scored, told as it comes. */
export class Scoreboard {
  readonly #books: Books;
  readonly #narrator: Narrator;
  /** Null before the first evaluation. */
  latest: ReplicaScores | null = null;

  constructor(books: Books, narrator: Narrator) {
    this.#books = books;
    this.#narrator = narrator;
  }

  scored(scores: ReplicaScores, swarmSamples: number): void {
    const { accuracy, latentAccuracy, whole, tookMs } = scores;
    const { bytesSent } = this.#books.network.traffic();
    this.latest = scores;
    this.#books.tally.evaluationMs += tookMs;
    const tookSeconds = tookMs / 1000;
    this.#narrator.say({ type: 'evaluation', swarmSamples, accuracy, latentAccuracy, whole, tookSeconds, bytesSent });
    if (!scores.fingerprintHolds) {
      this.#narrator.warn('REPLICA_DRIFTED', 'S no longer equals the updates applied to it');
    }
  }

  /** This peer has seen the swarm reach its target. */
  converged(): void {
    const { network, swarm } = this.#books;
    this.#narrator.say({ type: 'converged', swarmSamples: swarm.samples(), bytesSent: network.traffic().bytesSent });
  }
}
