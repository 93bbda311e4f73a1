import type { ExchangeSetting } from './setting.ts';

/** Densities that a setting is given where there is a choice: below the lower little is gained, above the upper no more (design, section 7). */
export const LOW_DENSITY = 0.01;
export const HIGH_DENSITY = 0.04;
export const MAX_DENSITY = 2 * HIGH_DENSITY;
/** What the last rung may fall to: below 0.1 % most of the benefit is lost (design, section 7). */
export const MIN_DENSITY = 0.001;
/** Rungs are not made longer where updates are as old as this many local steps when they are applied: density falls first, to this. */
const OLD_STEPS = 256;
const LOW_DENSITY_WHEN_OLD = 0.005;
/** Where less than this share of a partition's mass is left behind there is not enough to say for more. */
const LITTLE_LEFT = 0.25;
/** Four local steps a round cost nothing (design, section 7); from here on they do. */
const FIRST_LOCAL_STEPS = 4;
/** At most so many: half a minute of steps of 100 ms. */
export const MAX_LOCAL_STEPS = 256;
/** More slices than these leave a sweep so long that the first one alone takes a good part of a run. */
const FIRST_PARTITIONS = 4;
const MIDDLE_PARTITIONS = 16;
/** Entries of a publication at the low density below which its frame costs more than they do: then steps, not slices. */
const MIN_ENTRIES = 16;
/** A frame's header, magnitudes, and what carries it. */
const FRAME_OVERHEAD_BYTES = 64;
/** Halvings of the interval of densities: what is left of it costs less than a byte a frame. */
const BISECTIONS = 24;

/** What a setting is chosen by. */
export interface Conditions {
  readonly parameters: number;
  /** Copies of a publication that leave this peer, on average. */
  readonly receivers: number;
  /** Duration of a local step, and what a round takes beside its steps. */
  readonly stepMs: number;
  readonly restMs: number;
  /** What publications may take in the long run, and for now: less while a queue drains. */
  readonly lastingBytesPerSecond: number;
  readonly bytesPerSecond: number;
  /** What publications took of late, over what `bytesPerSecondOf` foretold. */
  readonly correction: number;
  /** Local steps that this peer takes while an update waits and travels. */
  readonly ageSteps: number;
  /** See `RoundOutput`. */
  readonly residueShare: number;
}

/** Egress of publications at a setting, in bytes a second. */
export function bytesPerSecondOf({ localSteps, partitions, density }: ExchangeSetting, conditions: Conditions): number {
  const { parameters, receivers, stepMs, restMs, correction } = conditions;
  const entries = Math.max(1, (parameters / partitions) * density);
  // Positions cost H(d) / d bits an entry, the sign one more.
  const entryBits = 1 + Math.log2(1 / density) + (density < 1 ? ((density - 1) / density) * Math.log2(1 - density) : 0);
  const frameBytes = FRAME_OVERHEAD_BYTES + (entries * entryBits) / 8;
  return (1000 * correction * receivers * frameBytes) / (localSteps * stepMs + restMs);
}

/**
 * Local steps and partitions in the order in which they are raised (design, section 2): each rung costs half of the one
 * before, or a little more. The density fills what lies between.
 */
export function rungsOf(parameters: number): readonly Omit<ExchangeSetting, 'density'>[] {
  const most = Math.max(1, 2 ** Math.floor(Math.log2((parameters * LOW_DENSITY) / MIN_ENTRIES)));
  let localSteps = FIRST_LOCAL_STEPS;
  let partitions = Math.min(most, FIRST_PARTITIONS);
  const rungs = [{ localSteps, partitions }];
  while (localSteps < MAX_LOCAL_STEPS) {
    // Slices up to a point, then steps, then both by turns.
    const isSlicesTurn = partitions < MIDDLE_PARTITIONS || partitions < localSteps;
    if (isSlicesTurn && partitions < most) partitions *= 2;
    else localSteps *= 2;
    rungs.push({ localSteps, partitions });
  }
  return rungs;
}

/** The setting that takes what it may, and keeps to local steps and partitions as they are while a useful density does that. */
export function tune(current: ExchangeSetting, conditions: Conditions): ExchangeSetting {
  const rungs = rungsOf(conditions.parameters);
  const filling = rungs.map((rung) => fillingDensity(rung, conditions, conditions.lastingBytesPerSecond));
  // A step to another rung goes to the middle of its densities: it takes a twofold change to leave it again.
  const low = conditions.ageSteps > OLD_STEPS ? LOW_DENSITY_WHEN_OLD : LOW_DENSITY;
  let at = rungs.findIndex((rung) => rung.localSteps === current.localSteps && rung.partitions === current.partitions);
  if (at === -1 || filling[at]! > HIGH_DENSITY || filling[at]! < low) {
    const fits = filling.findIndex((density) => density >= 2 * low);
    at = fits === -1 ? rungs.length - 1 : fits;
  }
  const filled = fillingDensity(rungs[at]!, conditions, conditions.bytesPerSecond);
  // Where the next rung is out of reach the density fills the gap; where there is none, more than this brings nothing.
  const most = at === 0 ? HIGH_DENSITY : MAX_DENSITY;
  const density = Math.min(most, Math.max(MIN_DENSITY, filled));
  const enough = conditions.residueShare < LITTLE_LEFT && rungs[at]!.partitions === current.partitions;
  return { ...rungs[at]!, density: enough ? Math.min(density, current.density) : density };
}

/** The density at which a rung takes what it may, within what a density can be. */
function fillingDensity(
  rung: Omit<ExchangeSetting, 'density'>,
  conditions: Conditions,
  bytesPerSecond: number,
): number {
  let [low, high] = [MIN_DENSITY / 2, MAX_DENSITY];
  for (let n = 0; n < BISECTIONS; n++) {
    const density = (low + high) / 2;
    if (bytesPerSecondOf({ ...rung, density }, conditions) > bytesPerSecond) high = density;
    else low = density;
  }
  return low;
}
