import type { UpdateSource } from '../protocols/updates/update-source.ts';
import { type Clock, sleep } from '../src/support/clock.ts';
import { firstRing } from '../src/support/doorbell.ts';
import type { Inbox } from './exchange/inbox.ts';
import type { Member, Members } from './membership/members.ts';

/**
 * A peer lingers no longer than this, and so much more for each planned peer: a healthy swarm is done in well under a second,
 * a broken one never. Of 64 on one machine, which all evaluate then, some lacked updates after 20 s.
 */
const LINGER_MS = 15_000;
const LINGER_MS_PER_PEER = 500;

export function lingerMs(plannedPeers: number): number {
  return LINGER_MS + LINGER_MS_PER_PEER * plannedPeers;
}

/** Who stops many peers stops them within this: they wait for one another's word, and end with the same updates. */
export const TOGETHER_MS = 1_000;

export interface FarewellComponents {
  readonly clock: Clock;
  readonly members: Members;
  readonly inbox: Inbox;
  readonly source: UpdateSource;
}

export interface FarewellInit {
  /** Peers of the run, this one included. */
  readonly planned: number;
  /** Updates published by this peer under its present origin. */
  readonly published: () => number;
  /** Whether the others train on without this peer, rather than finish as well. */
  readonly alone: boolean;
  /** Whether others pass this peer's updates on, so that they are safe with those who take them here. */
  readonly relayed: boolean;
  /** Whether anything has arrived that is not applied. */
  readonly waiting: () => boolean;
  /** Applies what has arrived. */
  readonly absorb: () => Promise<void>;
  /** Tells everyone what is applied here. */
  readonly announce: () => void;
}

/**
 * The quiet end of a run: stays until every live peer has what this one has and the other way round, or a timeout. A
 * finishing peer says what it has by its vector's digest, one that trains on by what it has taken.
 *
 * @returns whether all was covered
 */
export async function sayFarewell(components: FarewellComponents, init: FarewellInit): Promise<boolean> {
  const { clock, members, inbox, source } = components;
  const timeout = new AbortController();
  const cancel = clock.after(lingerMs(init.planned), () => timeout.abort());
  const covered = ({ name, status }: Member) => {
    if (init.published() === 0 && inbox.arrived.isEmpty()) return true;
    const applied = status?.applied;
    // Most that differ do so in their number, which is told sooner than a digest.
    if (applied) return applied.updates === inbox.taken.total() && applied.digest === inbox.taken.digest();
    if (!init.alone) return false;
    if (!init.relayed || source.serves(name)) return source.hasTaken(name, init.published());
    return members.live().some((other) => source.hasTaken(other.name, init.published()));
  };
  init.announce();
  if (init.alone && members.live().length > 0) await sleep(clock, TOGETHER_MS);
  try {
    while (!timeout.signal.aborted) {
      if (init.waiting()) {
        await init.absorb();
        init.announce();
      } else if (members.everyLive(covered)) {
        return true;
      } else {
        await firstRing([inbox.arrivals, members.changes, source.progress], timeout.signal);
      }
    }
    return false;
  } finally {
    cancel();
  }
}
