import type { Random } from '../../src/support/random.ts';
import type { Happening } from '../simulated/virtual-swarm.ts';

export interface MisfortuneInit {
  /** Planned peers, up from the start. */
  readonly peers: number;
  /** Further ones, that come late. */
  readonly late: number;
  /** Until then anything may befall the swarm; afterwards all are joined, and all come back. */
  readonly calmMs: number;
  /** Mean time between two misfortunes. */
  readonly everyMs: number;
}

/** All have met by then: who never reaches the one peer that it knows gives up, as it should. */
const FIRST_AT_MS = 2_000;
/** Between the end of all faults and the last return: the others have met again by then. */
const RETURN_AFTER_MS = 500;
/** So many are up at any time: whoever comes back finds somebody. */
const LEAST_UP = 2;

/** A fault schedule, drawn at random: crashes, returns, late joiners, partitions, disks that stop writing. */
export function drawMisfortunes(random: Random, { peers, late, calmMs, everyMs }: MisfortuneInit): Happening[] {
  const happenings: Happening[] = [];
  const up = Array.from({ length: peers + late }, (_, index) => index < peers);
  let parted = false;
  const next = (atMs: number) => atMs + everyMs * (0.1 + 1.8 * random.uniform());
  for (let atMs = next(FIRST_AT_MS); atMs < calmMs; atMs = next(atMs)) {
    const [peer, kind] = [random.below(up.length), random.below(10)];
    if (kind >= 9) {
      if (up[peer]) happenings.push({ kind: 'freeze-disk', peer, atMs });
    } else if (kind >= 5) {
      const side = parted ? [] : up.flatMap((_, index) => (random.below(2) === 1 ? [index] : []));
      happenings.push({ kind: 'part', peers: side, atMs });
      parted = !parted;
    } else if (up[peer] ? up.filter(Boolean).length > LEAST_UP : !parted) {
      happenings.push({ kind: up[peer] ? 'crash' : 'start', peer, atMs });
      up[peer] = !up[peer];
    }
  }
  happenings.push({ kind: 'part', peers: [], atMs: calmMs });
  const atMs = calmMs + RETURN_AFTER_MS;
  for (const [peer, isUp] of up.entries()) if (!isUp) happenings.push({ kind: 'start', peer, atMs });
  return happenings;
}

/** Time that all peers together are up until `endMs`. */
export function upTimeMs(happenings: readonly Happening[], peers: number, endMs: number): number {
  let upMs = peers * endMs;
  for (const { kind, atMs } of happenings) {
    if (kind === 'crash') upMs -= endMs - atMs;
    if (kind === 'start') upMs += endMs - atMs;
  }
  return upMs;
}
