import type { OriginKey } from './origin.ts';

/** One published update as it came over the wire; the bytes are never changed. */
export interface LogEntry {
  readonly origin: OriginKey;
  /** Covers `(from, to]`. */
  readonly from: number;
  readonly to: number;
  readonly bytes: Uint8Array;
}

/** What an entry takes in memory beside its bytes, the objects and the buffer that hold them: 717 measured with 770-byte frames. */
export const ENTRY_OVERHEAD_BYTES = 768;

interface OriginLog {
  /** In order, without a gap. */
  entries: LogEntry[];
  /** Sequence up to which entries were evicted: whoever stands below it cannot be served. */
  floor: number;
}

/** What a log holds for who has all up to some sequence of an origin. */
export interface Supply {
  /** Where the log begins for them: beyond where they stand, it cannot serve them. */
  readonly floor: number;
  /** Entries one after the other, the first of which starts where they stand; none where they have all. */
  readonly entries: readonly LogEntry[];
}

const NOTHING: Supply = { floor: 0, entries: [] };

/**
 * The newest updates of all origins, bounded in bytes of memory: what a peer can serve to others, its own and those of origins
 * that have fallen silent. The oldest to arrive goes first.
 */
export class UpdateLog {
  readonly #maxBytes: number;
  readonly #origins = new Map<OriginKey, OriginLog>();
  /** Origins in order of arrival, one item an entry: the next to evict from is at `#oldest`. */
  #arrivals: OriginKey[] = [];
  #oldest = 0;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get originCount(): number {
    return this.#origins.size;
  }

  origins(): IterableIterator<OriginKey> {
    return this.#origins.keys();
  }

  /**
   * Appends an update, next in its origin's order as the caller's vector has it. It starts where the origin's log ends;
   * where it does not, for that vector came with another peer's replica, the log starts anew at its `from`.
   */
  append(entry: LogEntry): void {
    let log = this.#origins.get(entry.origin);
    if (log === undefined) {
      log = { entries: [], floor: entry.from };
      this.#origins.set(entry.origin, log);
    }
    if (entry.from !== (log.entries.at(-1)?.to ?? log.floor)) {
      this.#remove(entry.origin, log.entries, 0);
      log.floor = entry.from;
    }
    log.entries.push(entry);
    this.#arrivals.push(entry.origin);
    this.#bytes += footprint(entry);
    while (this.#bytes > this.#maxBytes) this.#evictOldest();
  }

  /**
   * Drops what is held of an origin beyond a sequence: its log then ends there or, where an entry that reached beyond was
   * merged, before. For a peer whose vector has gone back to that sequence with the replica that it adopted.
   */
  forget(origin: OriginKey, above: number): void {
    const log = this.#origins.get(origin);
    if (log === undefined) return;
    const first = log.entries.findIndex(({ to }) => to > above);
    if (first >= 0) this.#remove(origin, log.entries, first);
    log.floor = Math.min(log.floor, above);
  }

  /**
   * Starts an origin's log anew at a sequence, where it does not end there: for a peer whose vector came to it by another
   * way than update by update. Whoever stands below is told that the log does not reach.
   */
  restart(origin: OriginKey, at: number): void {
    const log = this.#origins.get(origin) ?? { entries: [], floor: at };
    this.#origins.set(origin, log);
    if ((log.entries.at(-1)?.to ?? log.floor) === at) return;
    this.#remove(origin, log.entries, 0);
    log.floor = at;
  }

  /** Highest sequence that is no longer held of an origin; 0 when nothing is missing. */
  floor(origin: OriginKey): number {
    return this.#origins.get(origin)?.floor ?? 0;
  }

  /** The entry that starts at `from`, or null where there is none (yet, or any more). */
  entryFrom(origin: OriginKey, from: number): LogEntry | null {
    const entries = this.#origins.get(origin)?.entries;
    if (entries === undefined) return null;
    const entry = entries[firstIndex(entries, (each) => each.from >= from)];
    return entry?.from === from ? entry : null;
  }

  /** What there is beyond `from`, up to `most` entries. A merged one that began before `from` cannot be taken apart. */
  beyond(origin: OriginKey, from: number, most: number): Supply {
    const log = this.#origins.get(origin);
    if (log === undefined) return NOTHING;
    const { entries, floor } = log;
    // Mostly one has come, or none.
    const last = entries.at(-1);
    if (last === undefined || last.to <= from) return { floor, entries: [] };
    if (last.from === from) return { floor, entries: [last] };
    const first = firstIndex(entries, ({ to }) => to > from);
    const entry = entries[first]!;
    if (entry.from < from) return { floor: entry.to, entries: [] };
    return { floor, entries: entry.from === from ? entries.slice(first, first + most) : [] };
  }

  /** Removes an origin's entries from the one at `first` on, and their items among the arrivals. */
  #remove(origin: OriginKey, entries: LogEntry[], first: number): void {
    for (const entry of entries.splice(first)) this.#bytes -= footprint(entry);
    let place = 0;
    this.#arrivals = this.#arrivals.slice(this.#oldest).filter((arrival) => arrival !== origin || place++ < first);
    this.#oldest = 0;
  }

  #evictOldest(): void {
    const log = this.#origins.get(this.#arrivals[this.#oldest++]!)!;
    const entry = log.entries.shift()!;
    log.floor = entry.to;
    this.#bytes -= footprint(entry);
    if (this.#oldest > 1024 && this.#oldest * 2 > this.#arrivals.length) {
      this.#arrivals = this.#arrivals.slice(this.#oldest);
      this.#oldest = 0;
    }
  }
}

/** The first of the entries for which `isBeyond` holds, as it does for all after it. */
function firstIndex(entries: readonly LogEntry[], isBeyond: (entry: LogEntry) => boolean): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBeyond(entries[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function footprint({ bytes }: LogEntry): number {
  return bytes.length + ENTRY_OVERHEAD_BYTES;
}
