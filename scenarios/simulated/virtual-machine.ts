import type { Machine } from '../../peer/replica/inline-replica.ts';
import type { Random } from '../../src/support/random.ts';

/** How long simulated machines take. */
export interface ComputeModel {
  /** Mean time of a gradient step. */
  readonly stepMs: number;
  readonly evaluationMs: number;
  /** Standard deviation of a step's time, as a share of its mean; log-normal. None where left out. */
  readonly spread?: number;
  /** What each peer takes of these times, dealt to the peers in turn; 1 where left out. */
  readonly slowness?: readonly number[];
}

/** What one peer computes on. */
export class VirtualMachine implements Machine {
  /** May change as it runs. */
  slowness: number;
  readonly #model: ComputeModel;
  readonly #random: Random;
  /** Of the logarithm of a step's time. */
  readonly #deviation: number;

  constructor(model: ComputeModel, peer: number, random: Random) {
    const { spread = 0, slowness = [1] } = model;
    this.slowness = slowness[peer % slowness.length]!;
    this.#model = model;
    this.#random = random;
    this.#deviation = Math.sqrt(Math.log1p(spread * spread));
  }

  stepsMs(count: number): number {
    const { stepMs } = this.#model;
    if (this.#deviation === 0) return this.slowness * count * stepMs;
    let share = 0;
    for (let step = 0; step < count; step++) share += this.#share();
    return this.slowness * share * stepMs;
  }

  evaluationMs(): number {
    return this.slowness * this.#model.evaluationMs;
  }

  /** Of the mean, with a mean of one. */
  #share(): number {
    return Math.exp(this.#deviation * this.#random.normal() - this.#deviation ** 2 / 2);
  }
}
