import type { Delta } from '../../src/sum/delta.ts';
import type { Replica } from './replica.ts';

/** What the choice of lookahead depends on, measured by the peer. */
export interface LookaheadConditions {
  /** Peers contributing, this one included. */
  readonly members: number;
  /** Rounds from an update's publication to its application elsewhere, at least 1. */
  readonly delayRounds: number;
  readonly localSteps: number;
  /** Total variation distance between the labels of this peer's shard and of the whole set, in [0, 1]. */
  readonly labelSkew: number;
}

/**
 * What a peer adds to S where it trains: `w = S * unit + lookahead`. Each of n peers takes the same step unseen by
 * the others, so a peer that adds only its own `pending` sees 1/n of what the swarm has in its hands and overshoots
 * (design, section 1).
 */
export interface Lookahead {
  /** For the report, for example `2 x pending`. */
  describe(): string;
  /** Whether momentum of what a sparse publication sends is masked. */
  readonly masksMomentum: boolean;
  beginRound(conditions: LookaheadConditions): void;
  /** After a step was entered into the replica's `pending`. */
  learnt(): void;
  /** After a delta was moved from `pending` to S. */
  published(delta: Delta): void;
  /** Writes the weights to train on over `weights`. */
  weights(weights: Float32Array): void;
}

/** From this share of foreign labels on a shard counts as unlike the others. */
const SKEWED_LABELS = 0.25;
/** Up to this many peers `residual` is at least as good with like shards (design, section 7). */
const RESIDUAL_MEMBERS = 8;
/** Unless updates take long: with H = 4 the factor below reaches n at a delay of 16 rounds, and cannot grow. */
const RESIDUAL_DELAY_ROUNDS = 16;

/** `c * pending`: all that is not published yet, weighed up. */
export class ResidualLookahead implements Lookahead {
  readonly masksMomentum = true;
  readonly #replica: Replica;
  readonly #fixedFactor: number | null;
  #factor = 1;

  /** @param fixedFactor c; null lets the conditions choose */
  constructor(replica: Replica, fixedFactor: number | null) {
    this.#replica = replica;
    this.#fixedFactor = fixedFactor;
  }

  describe(): string {
    return `${Number(this.#factor.toFixed(2))} x pending`;
  }

  beginRound(conditions: LookaheadConditions): void {
    this.#factor = this.#fixedFactor ?? residualFactor(conditions);
  }

  learnt(): void {}
  published(): void {}

  weights(weights: Float32Array): void {
    addScaled(this.#replica, this.#replica.pending, this.#factor, weights);
  }
}

/** `n * recent`: this peer's own late steps, less what was published, shrinking as they become old. */
export class RecentLookahead implements Lookahead {
  /** The more peers send, the more of all momentum masking would stop: 83.7 % with it and 85.4 without, of 16 peers at 4 %. */
  readonly masksMomentum = false;
  readonly #replica: Replica;
  readonly #recent: Float32Array;
  #members = 1;

  constructor(replica: Replica) {
    this.#replica = replica;
    this.#recent = new Float32Array(replica.size);
  }

  describe(): string {
    return `${this.#members} x recent`;
  }

  /** With a delay of one round the local phase starts at S itself. */
  beginRound({ members, delayRounds }: LookaheadConditions): void {
    this.#members = members;
    const keep = 1 - 1 / delayRounds;
    const recent = this.#recent;
    if (keep === 0) recent.fill(0);
    else for (let i = 0; i < recent.length; i++) recent[i]! *= keep;
  }

  learnt(): void {
    const recent = this.#recent;
    const { velocity } = this.#replica;
    for (let i = 0; i < recent.length; i++) recent[i]! -= velocity[i]!;
  }

  published({ positions, offset, values }: Delta): void {
    const { unit } = this.#replica;
    for (let k = 0; k < values.length; k++) {
      this.#recent[positions === null ? offset + k : positions[k]!]! -= values[k]! * unit;
    }
  }

  weights(weights: Float32Array): void {
    addScaled(this.#replica, this.#recent, this.#members, weights);
  }
}

/** Picks the form at the start of each round; a form newly picked starts without memory. */
export class AutoLookahead implements Lookahead {
  readonly #replica: Replica;
  #form: Lookahead;

  constructor(replica: Replica) {
    this.#replica = replica;
    this.#form = new ResidualLookahead(replica, null);
  }

  describe(): string {
    return `auto: ${this.#form.describe()}`;
  }

  get masksMomentum(): boolean {
    return this.#form.masksMomentum;
  }

  beginRound(conditions: LookaheadConditions): void {
    const residual =
      conditions.members <= RESIDUAL_MEMBERS &&
      conditions.delayRounds <= RESIDUAL_DELAY_ROUNDS &&
      conditions.labelSkew < SKEWED_LABELS;
    if (residual !== this.#form instanceof ResidualLookahead) {
      this.#form = residual ? new ResidualLookahead(this.#replica, null) : new RecentLookahead(this.#replica);
    }
    this.#form.beginRound(conditions);
  }

  learnt(): void {
    this.#form.learnt();
  }

  published(delta: Delta): void {
    this.#form.published(delta);
  }

  weights(weights: Float32Array): void {
    this.#form.weights(weights);
  }
}

export function createLookahead(kind: 'auto' | 'recent' | number, replica: Replica): Lookahead {
  if (kind === 'auto') return new AutoLookahead(replica);
  return kind === 'recent' ? new RecentLookahead(replica) : new ResidualLookahead(replica, kind);
}

/** The c of `residual`: too little is a catastrophe, too much costs a few tenths of a point (design, section 1). */
export function residualFactor({ members: n, localSteps, delayRounds }: LookaheadConditions): number {
  return Math.min(n, Math.max(Math.sqrt(n), n / 4, (n * Math.sqrt(localSteps * delayRounds)) / 8));
}

function addScaled({ sum, unit }: Replica, ahead: Float32Array, factor: number, weights: Float32Array): void {
  const { values } = sum;
  for (let i = 0; i < weights.length; i++) weights[i] = values[i]! * unit + factor * ahead[i]!;
}
