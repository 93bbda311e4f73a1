import { SHARE_IMAGE_MS } from '../../protocols/replica/constants.ts';
import { type OriginKey, type PeerName, peerOf } from '../../src/sum/origin.ts';
import type { VersionVector } from '../../src/sum/version-vector.ts';
import type { Clock } from '../../src/support/clock.ts';
import type { Members } from '../membership/members.ts';

/**
 * A peer stops training for what one source says that it lacks no longer than this, over all such words of that source
 * until the next adoption: as long as a replica of some ten million weights takes over a slow link. A source that holds
 * nothing of the kind, or whose transfers all fail, costs a run as much once.
 */
export const STALE_PATIENCE_MS = 60_000;

/** What one source holds and this peer lacks. */
interface Mark {
  /** Per origin, where the source's log begins. */
  readonly floors: Map<OriginKey, number>;
  /** Whether the source is the one that has to give way, and this peer waits until it has. */
  theirs: boolean;
  readonly sinceMs: number;
  /** When the source said so last. */
  toldMs: number;
}

/** What others hold, this peer lacks, and no log can bring: as their feeds told. */
export class Arrears {
  readonly #clock: Clock;
  readonly #marks = new Map<PeerName, Mark>();
  /** How long earlier marks of a source have stood. */
  readonly #stoodMs = new Map<PeerName, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * `source` holds updates of `origin` from `floor` on, and this peer stands below. Tells whether it is the first such
   * word of that source since this peer stands where it does.
   */
  add(source: PeerName, origin: OriginKey, floor: number): boolean {
    const isNews = !this.#marks.has(source) && !this.#stoodMs.has(source);
    const nowMs = this.#clock.nowMs();
    const mark = this.#marks.get(source) ?? { floors: new Map(), theirs: false, sinceMs: nowMs, toldMs: nowMs };
    mark.floors.set(origin, floor);
    mark.toldMs = nowMs;
    this.#marks.set(source, mark);
    return isNews;
  }

  /** Forgets what has come another way, and whoever cannot be asked any more: others tell what they lack themselves. */
  drop(arrived: VersionVector, isLive: (source: PeerName) => boolean): void {
    for (const [source, { floors }] of this.#marks) {
      for (const [origin, floor] of floors) if (arrived.get(origin) >= floor) floors.delete(origin);
      if (floors.size === 0 || !isLive(source)) this.delete(source);
    }
  }

  sources(): PeerName[] {
    return [...this.#marks.keys()];
  }

  has(source: PeerName): boolean {
    return this.#marks.has(source);
  }

  /** Origins that this peer itself has to do something about. */
  *own(): Generator<OriginKey> {
    for (const { floors, theirs } of this.#marks.values()) if (!theirs) yield* floors.keys();
  }

  /** Whether the peer of any of them is there and goes on publishing it; not where patience with the source has ended. */
  grow(members: Members): boolean {
    const isGrowing = (origin: OriginKey) => {
      const { live, status } = members.get(peerOf(origin)) ?? {};
      return live && status?.state === 'training' && status.origin === origin;
    };
    for (const [source, { floors, theirs }] of this.#marks) {
      if (theirs || this.#standsMs(source) >= STALE_PATIENCE_MS) continue;
      if ([...floors.keys()].some(isGrowing)) return true;
    }
    return false;
  }

  /** Whether a source that stands at `vector` still has any of what it was marked for. */
  isIn(source: PeerName, vector: VersionVector, arrived: VersionVector): boolean {
    const floors = this.#marks.get(source)?.floors ?? new Map();
    return [...floors.keys()].some((origin) => vector.get(origin) > arrived.get(origin));
  }

  /**
   * Whether a vector that stands below where the source has just said that its log begins is of an image from before that
   * word. Later on the source has gone back itself.
   */
  isOlder(source: PeerName, vector: VersionVector): boolean {
    const mark = this.#marks.get(source);
    if (mark === undefined || this.#clock.nowMs() - mark.toldMs > SHARE_IMAGE_MS) return false;
    return [...mark.floors].some(([origin, floor]) => vector.get(origin) < floor);
  }

  /** It has been seen who of the two has to give way. */
  settle(source: PeerName, theirs: boolean): void {
    const mark = this.#marks.get(source);
    if (mark !== undefined) mark.theirs = theirs;
  }

  delete(source: PeerName): void {
    this.#stoodMs.set(source, this.#standsMs(source));
    this.#marks.delete(source);
  }

  /** This peer stands somewhere else. */
  clear(): void {
    this.#marks.clear();
    this.#stoodMs.clear();
  }

  /** How long all marks of a source together have stood. */
  #standsMs(source: PeerName): number {
    const nowMs = this.#clock.nowMs();
    return (this.#stoodMs.get(source) ?? 0) + nowMs - (this.#marks.get(source)?.sinceMs ?? nowMs);
  }
}
