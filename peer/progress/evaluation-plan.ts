import type { Manifest } from '../../src/manifest.ts';
import type { Member, Members } from '../membership/members.ts';
import type { EvaluationScope, ReplicaScores } from '../replica/replica-host.ts';

/** A peer that sees another reach the target looks again itself once this share of the usual interval has passed. */
const EAGER_SHARE = 0.25;

/** The whole test set is first asked where the stand-in samples are this many standard deviations below the target. */
const FIRST_DEVIATIONS = 2;
/** And later where they are, less the difference last seen: it shifts by about half a deviation as the model learns. */
const LATER_DEVIATIONS = 1;
/** A confirmation counts for this many intervals: the peers need not look at the same moment, but at about the same model. */
const FRESH_INTERVALS = 1;
/** And for this many once somebody stops on the strength of it, so that all who see the same words stop together. */
const STOPPING_INTERVALS = 2;

/**
 * When this peer evaluates, and when the swarm has converged. At fixed intervals of swarm samples, each peer at its
 * own place in the interval, on the stand-in samples; where those reach the target the whole test set confirms. The
 * swarm has converged when more than half of its peers have confirmed of late (design, section 6).
 */
export class EvaluationPlan {
  readonly #manifest: Manifest;
  #nextSamples: number;
  #lastSamples = 0;
  /** Standard deviation of the stand-in samples' accuracy at the target. */
  readonly #deviation: number;
  /** How much higher the whole test set may score. */
  #wholeOverStandIn: number;
  /** Swarm samples at which the whole test set last confirmed the target; null before. */
  confirmedAtSamples: number | null = null;

  constructor(manifest: Manifest, shard: number) {
    const { everySamples } = manifest.evaluation;
    this.#manifest = manifest;
    this.#nextSamples = (everySamples * (shard + 1)) / manifest.peers;
    const { value } = manifest.target;
    this.#deviation = Math.sqrt((value * (1 - value)) / manifest.evaluation.samples);
    this.#wholeOverStandIn = FIRST_DEVIATIONS * this.#deviation;
  }

  isDue(swarmSamples: number, members: Members): boolean {
    if (swarmSamples >= this.#nextSamples) return true;
    const eager = swarmSamples - this.#lastSamples >= EAGER_SHARE * this.#manifest.evaluation.everySamples;
    if (!eager || this.#counts(this.confirmedAtSamples, swarmSamples, FRESH_INTERVALS)) return false;
    return some(members.all(), (member) => this.#confirms(member, swarmSamples, FRESH_INTERVALS));
  }

  /**
   * Runs one evaluation, and one on the whole set where that may reach the target. The stand-in samples are always the
   * same, so they err to the same side: once both were seen their difference tells what to expect.
   * @param thorough whether to ask the whole set in any case
   */
  async evaluate(
    swarmSamples: number,
    thorough: boolean,
    score: (scope: EvaluationScope) => Promise<ReplicaScores>,
  ): Promise<readonly ReplicaScores[]> {
    const { target, evaluation } = this.#manifest;
    this.#lastSamples = swarmSamples;
    const missed = Math.max(0, Math.floor((swarmSamples - this.#nextSamples) / evaluation.everySamples) + 1);
    this.#nextSamples += missed * evaluation.everySamples;
    const standIn = await score('stand-in');
    if (!thorough && standIn.accuracy + this.#wholeOverStandIn < target.value) return [standIn];
    const whole = await score('whole');
    this.#wholeOverStandIn = whole.accuracy - standIn.accuracy + LATER_DEVIATIONS * this.#deviation;
    if (whole.accuracy >= target.value) this.confirmedAtSamples = swarmSamples;
    return [standIn, whole];
  }

  /** Whether the median peer has confirmed the target. The word of one that has left in order still stands. */
  converged(members: Members, swarmSamples: number): boolean {
    const isStopping = ({ status }: Member) =>
      status !== null &&
      status.confirmedAtSamples !== null &&
      (status.state === 'finishing' || status.state === 'left');
    const intervals = some(members.all(), isStopping) ? STOPPING_INTERVALS : FRESH_INTERVALS;
    let confirming = 0;
    let without = 0;
    for (const member of members.all()) {
      if (this.#confirms(member, swarmSamples, intervals)) confirming++;
      else if (member.live) without++;
    }
    const own = this.#counts(this.confirmedAtSamples, swarmSamples, intervals) ? 1 : 0;
    return own + confirming > 1 - own + without;
  }

  #confirms({ live, status }: Member, swarmSamples: number, intervals: number): boolean {
    const speaks = live || status?.state === 'left';
    return speaks && this.#counts(status?.confirmedAtSamples ?? null, swarmSamples, intervals);
  }

  #counts(confirmedAtSamples: number | null, swarmSamples: number, intervals: number): boolean {
    if (confirmedAtSamples === null) return false;
    // Of the future, too: a vote for good would be one that its peer never has to confirm.
    return Math.abs(swarmSamples - confirmedAtSamples) <= intervals * this.#manifest.evaluation.everySamples;
  }
}

function some(members: Iterable<Member>, test: (member: Member) => boolean): boolean {
  for (const member of members) if (test(member)) return true;
  return false;
}
