import type { FuzzTarget } from './fuzz.ts';
import { checkpoints } from './targets/checkpoints.ts';
import { feeds, sources } from './targets/exchanges.ts';
import { frames } from './targets/frames.ts';
import { framing } from './targets/framing.ts';
import { hello } from './targets/hello.ts';
import { idx } from './targets/idx.ts';
import { replicaImages, replicaMessages } from './targets/images.ts';
import { inboxes } from './targets/inboxes.ts';
import { manifests } from './targets/manifests.ts';
import { overrides, scenarioObjects } from './targets/scenarios.ts';
import { statuses } from './targets/statuses.ts';
import { tuples } from './targets/tuples.ts';
import { shortVectors, subscriptions, updateStreams } from './targets/update-messages.ts';

/** Everything that reads what comes from the network or a file. */
export const targets: readonly FuzzTarget[] = [
  frames,
  statuses,
  hello,
  subscriptions,
  shortVectors,
  updateStreams,
  tuples,
  framing,
  replicaMessages,
  replicaImages,
  checkpoints,
  inboxes,
  feeds,
  sources,
  manifests,
  scenarioObjects,
  overrides,
  idx,
];

/** How many of `total` cases a target gets: its share, and one at the least. */
export function casesOf(target: FuzzTarget, total: number): number {
  const sum = targets.reduce((all, { perMille }) => all + perMille, 0);
  return Math.max(1, Math.ceil((total * target.perMille) / sum));
}
