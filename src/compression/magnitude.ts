import { MurmurError } from '../support/errors.ts';

/**
 * Largest step that one update may make at one parameter, in lattice units: an eighth of what Int32 spans to either
 * side (16.0 with units of 2^-24), so that no single update brings the sum near wrap-around. Larger values are
 * published up to here and leave their rest pending.
 */
export const MAX_MAGNITUDE = 2 ** 28;

/**
 * The lattice value of a finite number: rounded to the nearest unit and bounded. Both ends of a code call this one.
 * (Not with `Math.round`, which costs four times as much.)
 */
export function latticeValue(value: number, unit: number): number {
  return Math.max(-MAX_MAGNITUDE, Math.min(MAX_MAGNITUDE, Math.floor(value / unit + 0.5)));
}

/** Whether `value` may stand for a magnitude on the wire. */
export function isMagnitude(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= MAX_MAGNITUDE;
}

/** Pending updates hold finite numbers while training is sound. Throws TRAINING_DIVERGED. */
export function requireFinite(value: number): void {
  if (Number.isFinite(value)) return;
  const problem = `a pending update is ${value}`;
  throw new MurmurError({ code: 'TRAINING_DIVERGED', field: 'training.rate', problem, mend: 'lower training.rate' });
}
