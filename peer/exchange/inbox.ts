import { MAX_IMAGE_ORIGINS } from '../../protocols/replica/constants.ts';
import { MAX_INCARNATIONS } from '../../protocols/updates/constants.ts';
import type { Frame } from '../../protocols/updates/frame.ts';
import type { UpdateFeed } from '../../protocols/updates/update-feed.ts';
import type { UpdateReader } from '../../protocols/updates/update-reader.ts';
import type { Identity } from '../../src/sum/identity.ts';
import { type OriginKey, type PeerName, peerOf } from '../../src/sum/origin.ts';
import type { UpdateLog } from '../../src/sum/update-log.ts';
import { VersionVector } from '../../src/sum/version-vector.ts';
import type { Clock } from '../../src/support/clock.ts';
import { Doorbell } from '../../src/support/doorbell.ts';
import { MurmurError } from '../../src/support/errors.ts';
import type { ArrivedFrame } from '../replica/replica-host.ts';

export interface InboxComponents {
  readonly clock: Clock;
  readonly log: UpdateLog;
  readonly identity: Identity;
  readonly reader: UpdateReader;
}

export interface InboxInit {
  /** A frame was accepted; `frame` is its decoded head, `source` who sent it. */
  readonly onArrival: (origin: OriginKey, frame: Frame, source: PeerName) => void;
}

/** When a frame was published, by its origin's clock, and how long its content had waited until then. */
export interface FrameTimes {
  readonly publishedAtMs: number;
  readonly pendingMs: number;
}

/** A frame on its way to the replica, with what the network side wants to remember of it. */
interface QueuedFrame extends ArrivedFrame, FrameTimes {
  readonly to: number;
  readonly feed: UpdateFeed;
}

/**
 * What has arrived: frames validated whole and put in order here, so that the replica meets no bad one. Holds those
 * that wait for the next round; a feed learns that its updates were taken when the replica takes them, so that a
 * replica that falls behind slows its feeds and nothing else.
 */
export class Inbox {
  /** Everything that arrived, own publications included. */
  readonly arrived = new VersionVector();
  /** What of it the replica has taken. */
  readonly taken = new VersionVector();
  readonly arrivals = new Doorbell();
  /** Of all frames that were accepted, own ones included. */
  acceptedBytes = 0;
  readonly #clock: Clock;
  readonly #log: UpdateLog;
  readonly #identity: Identity;
  readonly #reader: UpdateReader;
  readonly #init: InboxInit;
  #origins = 0;
  readonly #incarnations = new Map<PeerName, number>();
  #queue: QueuedFrame[] = [];
  /** Feeds that may have something to tell their sources. */
  readonly #feeds = new Set<UpdateFeed>();

  constructor(components: InboxComponents, init: InboxInit) {
    this.#clock = components.clock;
    this.#log = components.log;
    this.#identity = components.identity;
    this.#reader = components.reader;
    this.#init = init;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * One frame from a feed. Throws MESSAGE_INVALID and changes nothing where it is malformed or out of order. Those of one
   * incarnation too many are dropped: whoever brings them has done nothing wrong.
   */
  accept(origin: OriginKey, message: Uint8Array, feed: UpdateFeed): void {
    const { frame, bytes } = this.#reader.read(message, this.#clock.nowMs());
    const standing = this.arrived.standing(origin, frame.from, frame.to);
    if (standing === 'covered' || this.#isBeyondIncarnations(origin)) {
      feed.taken(bytes.length);
      return;
    }
    if (standing !== 'next') throw outOfOrder(standing);
    if (origin === this.#identity.origin) throw outOfOrder('beyond what this peer itself has published');
    if (this.arrived.get(origin) === 0) this.#countOrigin(peerOf(origin));
    this.#keep(origin, frame.from, frame.to, bytes);
    const { publishedAtMs, pendingMs } = frame;
    this.#queue.push({ origin, to: frame.to, bytes, publishedAtMs, pendingMs, feed });
    this.#init.onArrival(origin, frame, feed.source);
    this.arrivals.ring();
  }

  /** A frame that this peer's own replica has published and applied. */
  acceptOwn(origin: OriginKey, sequence: number, bytes: Uint8Array): void {
    this.#keep(origin, sequence - 1, sequence, bytes);
    this.taken.advance(origin, sequence);
  }

  /**
   * Stands somewhere else, for the replica does: what waits is dropped, being in the log or covered, and the log goes on
   * from there. Call while no feed is open.
   */
  rebase(vector: readonly (readonly [OriginKey, number])[]): void {
    const after = new VersionVector(vector);
    for (const [origin, sequence] of this.arrived.entries()) {
      if (after.get(origin) < sequence) this.#log.forget(origin, after.get(origin));
    }
    for (const [origin, sequence] of vector) this.#log.restart(origin, sequence);
    this.arrived.replace(vector);
    this.taken.replace(vector);
    this.#queue = [];
    this.#feeds.clear();
    // However many they are: they are in the sum.
    this.#origins = vector.length;
    this.#incarnations.clear();
    for (const [origin] of vector) {
      const peer = peerOf(origin);
      this.#incarnations.set(peer, (this.#incarnations.get(peer) ?? 0) + 1);
    }
  }

  /** Hands over what waits, in order. `onTaken` sees the times of each frame. */
  take(onTaken: (times: FrameTimes) => void): readonly ArrivedFrame[] {
    const taken = this.#queue;
    this.#queue = [];
    for (const frame of taken) {
      this.taken.advance(frame.origin, frame.to);
      this.#feeds.add(frame.feed);
      frame.feed.taken(frame.bytes.length);
      onTaken(frame);
    }
    return taken.map(({ origin, bytes }) => ({ origin, bytes }));
  }

  /** Tells every source what was taken so far: for whoever waits for it. */
  tell(): void {
    for (const feed of this.#feeds) feed.tell();
    this.#feeds.clear();
  }

  #isBeyondIncarnations(origin: OriginKey): boolean {
    return this.arrived.get(origin) === 0 && (this.#incarnations.get(peerOf(origin)) ?? 0) >= MAX_INCARNATIONS;
  }

  #countOrigin(peer: PeerName): void {
    // More would fit no image of the replica. No real run has as many: 4,096 peers, each restarted 15 times.
    if (this.#origins >= MAX_IMAGE_ORIGINS) throw outOfOrder('one origin too many');
    this.#incarnations.set(peer, (this.#incarnations.get(peer) ?? 0) + 1);
    this.#origins++;
  }

  #keep(origin: OriginKey, from: number, to: number, bytes: Uint8Array): void {
    this.arrived.advance(origin, to);
    this.acceptedBytes += bytes.length;
    this.#log.append({ origin, from, to, bytes });
  }
}

function outOfOrder(problem: string): MurmurError {
  return new MurmurError({ code: 'MESSAGE_INVALID', message: 'frame', field: 'sequence', problem });
}
