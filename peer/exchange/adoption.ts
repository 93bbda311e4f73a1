import type { FetchedReplica } from '../../protocols/replica/replica-fetch.ts';
import type { OriginKey } from '../../src/sum/origin.ts';
import type { LogEntry, UpdateLog } from '../../src/sum/update-log.ts';
import { VersionVector } from '../../src/sum/version-vector.ts';
import type { Adoption } from '../replica/replica-host.ts';

type Entries = readonly (readonly [OriginKey, number])[];

/** What becomes of a peer's knowledge where it puts another's replica in the place of its own. */
export interface AdoptionPlan {
  /** Where the peer stands afterwards. */
  readonly vector: Entries;
  /** Updates that the image lacks and the own log holds from there on, each origin's in order. */
  readonly replay: readonly LogEntry[];
  /** Updates of others that the image lacks and the own log no longer reaches back to: their owners do the same. */
  readonly othersGivenUp: number;
  /** Own ones of that kind. */
  readonly ownGivenUp: number;
  /** Those of the own ones that the log still holds, all beyond the sequence `putBackAbove`. */
  readonly putBack: readonly LogEntry[];
  readonly putBackAbove: number;
}

export interface Standpoint {
  /** The origin that the peer publishes under. */
  readonly origin: OriginKey;
  /** What has arrived, own publications included. */
  readonly arrived: VersionVector;
  readonly log: UpdateLog;
}

export function planAdoption({ origin: own, arrived, log }: Standpoint, image: Entries): AdoptionPlan {
  const after = new VersionVector(image);
  const replay: LogEntry[] = [];
  let givenUp = 0;
  for (const [origin, sequence] of arrived.entries()) {
    for (const entry of entriesFrom(log, origin, after.get(origin))) {
      replay.push(entry);
      after.advance(origin, entry.to);
    }
    givenUp += Math.max(0, sequence - after.get(origin));
  }
  const ownGivenUp = Math.max(0, arrived.get(own) - after.get(own));
  const putBack = ownGivenUp > 0 ? [...entriesFrom(log, own, log.floor(own))] : [];
  const putBackAbove = putBack[0]?.from ?? arrived.get(own);
  const othersGivenUp = givenUp - ownGivenUp;
  return { vector: [...after.entries()], replay, othersGivenUp, ownGivenUp, putBack, putBackAbove };
}

/** Updates that the peer would no longer have. */
export function givesUp({ othersGivenUp, ownGivenUp }: AdoptionPlan): number {
  return othersGivenUp + ownGivenUp;
}

/** What the replica side needs to know of it; `next` is the origin to publish under where any are given up. */
export function adoptionOf({ bytes, vector }: FetchedReplica, plan: AdoptionPlan, next: OriginKey | null): Adoption {
  const { replay, putBack, putBackAbove } = plan;
  return { image: bytes, vector, replay, givenUp: next && { above: putBackAbove, updates: putBack, next } };
}

/** For the event: updates put back, own ones lost, and others' given up. */
export function countsOf({ putBack, ownGivenUp, othersGivenUp }: AdoptionPlan) {
  return { putBack: putBack.length, lost: ownGivenUp - putBack.length, othersGivenUp };
}

/**
 * Whether a peer takes another's replica in the place of its own: where nothing is lost by it, or where it is the one
 * that stands lower, by the vector's total, and by its hash where those are equal (design, section 1). Neither total
 * ever falls, so no two peers take each other's and lose both.
 */
export function mayAdopt(plan: AdoptionPlan, arrived: VersionVector, image: Entries): boolean {
  if (givesUp(plan) === 0) return true;
  const theirs = new VersionVector(image);
  const difference = theirs.total() - arrived.total();
  return difference === 0 ? arrived.digest() < theirs.digest() : difference > 0;
}

function* entriesFrom(log: UpdateLog, origin: OriginKey, from: number): Generator<LogEntry> {
  for (let entry = log.entryFrom(origin, from); entry !== null; entry = log.entryFrom(origin, entry.to)) yield entry;
}
