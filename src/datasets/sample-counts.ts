import { MurmurError } from '../support/errors.ts';

/** How many samples to use, counted from the first; null takes all. */
export interface SampleCounts {
  readonly train: number | null;
  readonly test: number | null;
}

/**
 * How many of the `present` samples of a split are used.
 *
 * @param place where they are, as errors name it
 * @throws CONFIG_INVALID where there are fewer than asked for
 */
export function usedSamples(split: keyof SampleCounts, asked: number | null, present: number, place: string): number {
  if (asked === null || asked <= present) return asked ?? present;
  throw new MurmurError({
    code: 'CONFIG_INVALID',
    field: `data.${split}`,
    problem: `${asked} samples are asked for and ${place} has ${present}`,
    mend: `use at most ${present}, or null for all`,
  });
}
