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

/** One in so many swarms is in two halves until all is calm: longer than most logs reach. */
const SPLIT_ONE_IN = 5;
/** A slow peer takes up to so many times the usual. */
const MAX_SLOWNESS = 5;

/** What a peer may suffer, and how often of a hundred misfortunes; the rest is crashes and returns. */
const SHARES = { part: 25, block: 15, disconnect: 10, slow: 8, 'freeze-disk': 6 };

/**
 * A fault schedule, drawn at random: crashes, returns, late joiners, partitions of both kinds, lost connections, slow peers,
 * disks that stop writing.
 */
export function drawMisfortunes(random: Random, { peers, late, calmMs, everyMs }: MisfortuneInit): Happening[] {
  const happenings: Happening[] = [];
  const up = Array.from({ length: peers + late }, (_, index) => index < peers);
  const isSplit = random.below(SPLIT_ONE_IN) === 0;
  let parted = isSplit;
  if (isSplit)
    happenings.push({ kind: 'part', peers: [...up.keys()].filter((index) => index % 2 === 0), atMs: FIRST_AT_MS });
  const some = () => up.flatMap((_, index) => (random.below(2) === 1 ? [index] : []));
  const next = (atMs: number) => atMs + everyMs * (0.1 + 1.8 * random.uniform());
  for (let atMs = next(FIRST_AT_MS); atMs < calmMs; atMs = next(atMs)) {
    const [peer, other, kind] = [random.below(up.length), random.below(up.length), drawKind(random)];
    if (kind === 'part' || kind === 'block') {
      if (isSplit) continue;
      if (parted) happenings.push(...joined(atMs));
      else happenings.push(kind === 'part' ? { kind, peers: some(), atMs } : { kind, from: some(), to: some(), atMs });
      parted = !parted;
    } else if (kind === 'disconnect') {
      if (peer !== other) happenings.push({ kind, peer, other, atMs });
    } else if (kind === 'slow') {
      happenings.push({ kind, peer, slowness: 1 + random.below(MAX_SLOWNESS), atMs });
    } else if (kind === 'freeze-disk') {
      if (up[peer]) happenings.push({ kind, peer, atMs });
    } else if (up[peer] ? up.filter(Boolean).length > LEAST_UP : !parted) {
      happenings.push({ kind: up[peer] ? 'crash' : 'start', peer, atMs });
      up[peer] = !up[peer];
    }
  }
  const all = [...up.keys()];
  const away = all.filter((peer) => !up[peer]);
  return [
    ...happenings,
    ...joined(calmMs),
    ...all.map((peer): Happening => ({ kind: 'slow', peer, slowness: 1, atMs: calmMs })),
    ...away.map((peer): Happening => ({ kind: 'start', peer, atMs: calmMs + RETURN_AFTER_MS })),
  ];
}

function joined(atMs: number): Happening[] {
  return [
    { kind: 'part', peers: [], atMs },
    { kind: 'block', from: [], to: [], atMs },
  ];
}

function drawKind(random: Random): keyof typeof SHARES | 'crash or start' {
  let draw = random.below(100);
  for (const kind of Object.keys(SHARES) as (keyof typeof SHARES)[]) {
    draw -= SHARES[kind];
    if (draw < 0) return kind;
  }
  return 'crash or start';
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
