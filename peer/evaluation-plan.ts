import type { Manifest } from '../src/manifest.ts';
import type { Members } from './members.ts';
import type { ReplicaScores } from './replica/replica-host.ts';

/** A peer that sees another reach the target looks again itself once this share of the usual interval has passed. */
const EAGER_SHARE = 0.25;

/**
 * When this peer evaluates, and when the swarm has converged. At fixed intervals of swarm samples, each peer at its
 * own place in the interval, on the stand-in samples; where those reach the target the whole test set confirms. The
 * swarm has converged when more than half of its peers have confirmed (design, section 6).
 */
export class EvaluationPlan {
  readonly #manifest: Manifest;
  #nextSamples: number;
  #lastSamples = 0;
  /** Accuracy on the whole test set, where the latest evaluation reached for the target. */
  confirmed: number | null = null;

  constructor(manifest: Manifest, shard: number) {
    const { everySamples } = manifest.evaluation;
    this.#manifest = manifest;
    this.#nextSamples = (everySamples * (shard + 1)) / manifest.peers;
  }

  isDue(swarmSamples: number, members: Members): boolean {
    if (swarmSamples >= this.#nextSamples) return true;
    const eager = swarmSamples - this.#lastSamples >= EAGER_SHARE * this.#manifest.evaluation.everySamples;
    return eager && !this.#reached(this.confirmed) && this.#confirmations(members) > 0;
  }

  /** Runs one evaluation, a second one on the whole set where the first reaches the target. */
  async evaluate(
    swarmSamples: number,
    score: (whole: boolean) => Promise<ReplicaScores>,
  ): Promise<readonly ReplicaScores[]> {
    const { everySamples } = this.#manifest.evaluation;
    this.#lastSamples = swarmSamples;
    while (this.#nextSamples <= swarmSamples) this.#nextSamples += everySamples;
    const standIn = await score(false);
    if (!this.#reached(standIn.accuracy)) {
      this.confirmed = null;
      return [standIn];
    }
    const whole = await score(true);
    this.confirmed = whole.accuracy;
    return [standIn, whole];
  }

  /** Whether the median peer has confirmed the target. */
  converged(members: Members): boolean {
    const own = this.#reached(this.confirmed) ? 1 : 0;
    return 2 * (own + this.#confirmations(members)) > 1 + members.live().length;
  }

  #confirmations(members: Members): number {
    return members.live().filter(({ status }) => this.#reached(status?.confirmedAccuracy ?? null)).length;
  }

  #reached(accuracy: number | null): boolean {
    return accuracy !== null && accuracy >= this.#manifest.target.value;
  }
}
