import type { Manifest } from '../../src/manifest.ts';

/** `step` cuts the rate to a tenth for the last quarter. */
const STEP_AT = 0.75;
const STEP_FACTOR = 0.1;
/** `linear` and `cosine` end here rather than at zero: the swarm's clock may stop a little short of the horizon. */
const RATE_FLOOR = 0.01;

/**
 * Schedules are functions of the samples that the swarm has seen, never of a peer's own rounds: a late joiner is at
 * once where the others are (design, section 1).
 */
export class Schedule {
  readonly #manifest: Manifest;

  constructor(manifest: Manifest) {
    this.#manifest = manifest;
  }

  /** Learning rate after `swarmSamples`, before the contribution factor. */
  rate(swarmSamples: number): number {
    const { training, limits } = this.#manifest;
    const progress = Math.min(1, swarmSamples / limits.samples);
    switch (training.schedule) {
      case 'constant':
        return training.rate;
      case 'step':
        return training.rate * (progress > STEP_AT ? STEP_FACTOR : 1);
      case 'linear':
        return training.rate * Math.max(RATE_FLOOR, 1 - progress);
      case 'cosine':
        return training.rate * Math.max(RATE_FLOOR, (1 + Math.cos(Math.PI * progress)) / 2);
    }
  }

  /** Density after `swarmSamples`: one warm-up step for every sweep of the swarm over all partitions. */
  density(swarmSamples: number): number {
    const { training, exchange, peers } = this.#manifest;
    const sweepSamples = exchange.localSteps * exchange.partitions * training.batch * peers;
    const warm = exchange.warmup[Math.floor(swarmSamples / sweepSamples)];
    return Math.max(exchange.density, warm ?? 0);
  }
}
