import type { OriginKey, PeerName } from '../src/sum/origin.ts';
import type { VersionVector } from '../src/sum/version-vector.ts';

/** What one source holds and this peer lacks. */
interface Mark {
  /** Per origin, where the source's log begins. */
  readonly floors: Map<OriginKey, number>;
  /** Whether the source is the one that has to give way, and this peer waits until it has. */
  theirs: boolean;
}

/** What others hold, this peer lacks, and no log can bring: as their feeds told. */
export class Arrears {
  readonly #marks = new Map<PeerName, Mark>();

  /** `source` holds updates of `origin` from `floor` on, and this peer stands below. */
  add(source: PeerName, origin: OriginKey, floor: number): void {
    const mark = this.#marks.get(source) ?? { floors: new Map(), theirs: false };
    mark.floors.set(origin, floor);
    this.#marks.set(source, mark);
  }

  /** Forgets what has come another way, and whoever cannot be asked any more: others tell what they lack themselves. */
  drop(arrived: VersionVector, isLive: (source: PeerName) => boolean): void {
    for (const [source, { floors }] of this.#marks) {
      for (const [origin, floor] of floors) if (arrived.get(origin) >= floor) floors.delete(origin);
      if (floors.size === 0 || !isLive(source)) this.#marks.delete(source);
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

  /** Whether a source that stands at `vector` still has any of what it was marked for. */
  isIn(source: PeerName, vector: VersionVector, arrived: VersionVector): boolean {
    const floors = this.#marks.get(source)?.floors ?? new Map();
    return [...floors.keys()].some((origin) => vector.get(origin) > arrived.get(origin));
  }

  /** It has been seen who of the two has to give way. */
  settle(source: PeerName, theirs: boolean): void {
    const mark = this.#marks.get(source);
    if (mark !== undefined) mark.theirs = theirs;
  }

  delete(source: PeerName): void {
    this.#marks.delete(source);
  }

  clear(): void {
    this.#marks.clear();
  }
}
