import { latticeUnit } from '../../src/sum/lattice.ts';
import type { Clock } from '../../src/support/clock.ts';
import type { VirtualPeer } from '../simulated/virtual-peer.ts';
import { runVirtualSwarm, type VirtualSwarmComponents, type VirtualSwarmInit } from '../simulated/virtual-swarm.ts';
import type { Checker, Ending, Sight } from './checker.ts';
import { PublishedUpdates } from './published-updates.ts';
import { Watch } from './watch.ts';

/** Between two looks at a swarm, in virtual time. */
const LOOK_EVERY_MS = 2_000;
/** A swarm that has not ended so long after its own limit never will. */
const GRACE_MS = 120_000;

/** Something that must hold, and did not. */
export interface Violation {
  readonly checker: string;
  readonly problem: string;
}

/** Runs a simulated swarm under the eyes of checkers; tells what they found, each kind of thing once. */
export async function attempt(
  components: VirtualSwarmComponents,
  init: VirtualSwarmInit,
  checkers: readonly Checker[],
): Promise<readonly Violation[]> {
  const published = new PublishedUpdates(components.compute.layout, latticeUnit(init.manifest.exchange.latticeBits));
  const watch = new Watch();
  const violations = new Map<string, Violation>();
  const note = (checker: string, problems: Iterable<string>) => {
    for (const problem of problems) if (!violations.has(checker)) violations.set(checker, { checker, problem });
  };
  let peers: readonly VirtualPeer[] = [];
  const sight = (): Sight => ({ peers: peers.flatMap((peer) => watch.sightOf(peer)), published });
  const look = () => {
    const seen = sight();
    for (const { name, look } of checkers) if (look !== undefined) note(name, look(seen));
  };
  const accompany = (all: readonly VirtualPeer[], clock: Clock) => {
    peers = all;
    const endMs = clock.nowMs() + 1000 * init.manifest.limits.seconds + GRACE_MS;
    const again = () => {
      look();
      if (clock.nowMs() < endMs) clock.after(LOOK_EVERY_MS, again);
    };
    clock.after(LOOK_EVERY_MS, again);
    init.accompany?.(all, clock);
  };
  try {
    const result = await runVirtualSwarm(components, {
      ...init,
      accompany,
      watch,
      onPublished: (update) => published.add(update),
    });
    look();
    const origins = sight().peers.map(({ replica }) => replica.origin);
    const ending: Ending = { ...sight(), init, result, origins };
    for (const { name, judge } of checkers) if (judge !== undefined) note(name, judge(ending));
  } catch (error) {
    note('failure', [error instanceof Error ? (error.stack ?? error.message) : String(error)]);
  }
  note('watch', watch.findings);
  return [...violations.values()];
}
