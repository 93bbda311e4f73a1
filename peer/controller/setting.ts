import type { Manifest } from '../../src/manifest.ts';
import { Schedule } from '../replica/schedule.ts';

/** How much a round takes and tells: what `exchange: 'auto'` sets. */
export interface ExchangeSetting {
  /** H: local steps of the round. */
  readonly localSteps: number;
  /** p: slices of the parameter vector, of which the round publishes one. */
  readonly partitions: number;
  /** d: share of the slice's entries that the publication carries. */
  readonly density: number;
}

/** The manifest's own setting, its warm-up included; the controls `dense` and `none` leave no choice. */
export function fixedSetting(manifest: Manifest): (swarmSamples: number) => ExchangeSetting {
  const { strategy, localSteps, partitions } = manifest.exchange;
  if (strategy === 'dense') return () => ({ localSteps: 1, partitions: 1, density: 1 });
  if (strategy === 'none') return () => ({ localSteps, partitions: 1, density: 1 });
  const schedule = new Schedule(manifest);
  return (swarmSamples) => ({ localSteps, partitions, density: schedule.density(swarmSamples) });
}
