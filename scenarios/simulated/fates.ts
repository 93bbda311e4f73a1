import { MurmurError } from '../../src/support/errors.ts';
import type { Simulation } from './simulation.ts';
import { virtualLinks } from './virtual-links.ts';
import type { Happening } from './virtual-swarm.ts';

type Told = Simulation['happenings'][number];

/** A scenario's happenings as the simulated swarm takes them. Throws CONFIG_INVALID where one cannot be. */
export function happeningsOf(told: readonly Told[], plannedPeers: number): Happening[] {
  assertPossible(told, plannedPeers);
  return told.map((each) => {
    if (each.kind !== 'relink') return each;
    return { kind: 'relink', atMs: each.atMs, link: virtualLinks(each.links) };
  });
}

/** Only who runs can crash, and only who does not can start. */
function assertPossible(told: readonly Told[], plannedPeers: number): void {
  const running = new Set(Array.from({ length: plannedPeers }, (_, index) => index));
  const inTime = [...told.entries()].sort(([, a], [, b]) => a.atMs - b.atMs);
  for (const [index, each] of inTime) {
    if (each.kind !== 'crash' && each.kind !== 'start') continue;
    const runs = running.has(each.peer);
    if (runs === (each.kind === 'start')) {
      const problem = `peer ${each.peer} cannot ${each.kind} at ${each.atMs} ms: it ${runs ? 'runs' : 'does not run'}`;
      const field = `simulation.happenings.${index}`;
      throw new MurmurError({ code: 'CONFIG_INVALID', field, problem, mend: 'correct its peer, its kind or its time' });
    }
    if (runs) running.delete(each.peer);
    else running.add(each.peer);
  }
}
