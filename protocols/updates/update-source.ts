import type { Layout } from '../../src/models/layout.ts';
import type { Identity } from '../../src/sum/identity.ts';
import { type OriginKey, type PeerName, peerOf } from '../../src/sum/origin.ts';
import type { LogEntry, UpdateLog } from '../../src/sum/update-log.ts';
import type { Clock } from '../../src/support/clock.ts';
import { Doorbell } from '../../src/support/doorbell.ts';
import { isFailure, MurmurError } from '../../src/support/errors.ts';
import { interned } from '../../src/support/interned.ts';
import type { Channel, Network } from '../network.ts';
import {
  MAX_SUBSCRIPTION_BYTES,
  MAX_SUBSCRIPTIONS_PER_PEER,
  STALL_PATIENCE_MS,
  UPDATES_PROTOCOL,
} from './constants.ts';
import { merged } from './merge.ts';
import { placeOf } from './scope.ts';
import { Subscription } from './subscription.ts';

export interface UpdateSourceInit {
  readonly layout: Layout;
  readonly unit: number;
  /** Whose updates `backlog` speaks of: this peer's own, under its present origin. */
  readonly identity: Identity;
  /** Subscribers that have not said the same manifest's hello are turned away. */
  readonly admits: (peer: PeerName) => boolean;
  readonly onInvalid: (peer: PeerName, problem: string) => void;
  /** A subscriber has so many updates of an origin; this peer may have fewer. */
  readonly onTold: (origin: OriginKey, sequence: number) => void;
}

/** Who publishes under an origin, and where on the ring. */
export interface Author {
  readonly peer: PeerName;
  readonly place: number;
}

/** Since when a subscriber has stood where it stands, with updates waiting for it. */
interface Wait {
  readonly taken: number;
  readonly sinceMs: number;
}

/** Serves subscriptions to the updates in the log: this peer's own, and those of origins that have fallen silent. */
export class UpdateSource {
  readonly #components: { readonly network: Network; readonly clock: Clock; readonly log: UpdateLog };
  readonly #init: UpdateSourceInit;
  readonly #subscriptions = new Set<Subscription>();
  /** Of the origins that the log has grown by, which are bounded as the log's are. */
  readonly #authors = new Map<OriginKey, Author>();
  readonly #waits = new WeakMap<Subscription, Wait>();
  /** Rings when subscribers took updates, or came or went. */
  readonly progress = new Doorbell();

  /** Registers the protocol: create it before the network starts. */
  constructor(components: { network: Network; clock: Clock; log: UpdateLog }, init: UpdateSourceInit) {
    this.#components = components;
    this.#init = init;
    components.network.handle(UPDATES_PROTOCOL, { maxMessageBytes: MAX_SUBSCRIPTION_BYTES }, (channel) => {
      void this.#serve(channel);
    });
  }

  /** Call after the log has grown by updates of one origin, or has changed altogether where none is named. */
  logGrew(origin: OriginKey | null = null): void {
    if (origin === null) {
      for (const subscription of this.#subscriptions) subscription.logChanged();
      return;
    }
    const { peer, place } = this.authorOf(origin);
    for (const subscription of this.#subscriptions) subscription.logGrew(origin, peer, place);
  }

  /** Of an origin that is in the log. */
  authorOf(origin: OriginKey): Author {
    let author = this.#authors.get(origin);
    if (author === undefined) {
      const peer = interned(peerOf(origin));
      author = { peer, place: placeOf(peer) };
      this.#authors.set(origin, author);
    }
    return author;
  }

  /**
   * Own updates, the newest being `published`, that the slowest subscriber among `peers` has still to take. One that
   * still catches up is left out, and one that has taken none for `STALL_PATIENCE_MS` until it does.
   */
  backlog(published: number, peers: (peer: PeerName) => boolean, nowMs: number): number {
    let backlog = 0;
    for (const subscription of this.#own()) {
      if (!subscription.keepsUp) continue;
      const taken = subscription.taken(this.#init.identity.origin);
      const wait = this.#waits.get(subscription);
      if (wait === undefined || wait.taken !== taken || taken >= published) {
        this.#waits.set(subscription, { taken, sinceMs: nowMs });
      } else if (nowMs - wait.sinceMs >= STALL_PATIENCE_MS) {
        continue;
      }
      if (peers(subscription.remote)) backlog = Math.max(backlog, published - taken);
    }
    return backlog;
  }

  /** Own updates that each subscriber among `peers` has taken, as the sequence of the newest. */
  taken(peers: (peer: PeerName) => boolean): number[] {
    const { origin } = this.#init.identity;
    return [...this.#own()].filter(({ keepsUp, remote }) => keepsUp && peers(remote)).map((each) => each.taken(origin));
  }

  /** Whether `peer` subscribes to this peer's own updates and has taken all up to `published`. */
  hasTaken(peer: PeerName, published: number): boolean {
    for (const subscription of this.#own()) {
      if (subscription.remote === peer && subscription.taken(this.#init.identity.origin) >= published) return true;
    }
    return false;
  }

  /** Whether `peer` takes this peer's own updates from it. */
  serves(peer: PeerName): boolean {
    for (const subscription of this.#own()) if (subscription.remote === peer) return true;
    return false;
  }

  /** Whether `peer` takes any updates from here. */
  feeds(peer: PeerName): boolean {
    return [...this.#subscriptions].some(({ remote }) => remote === peer);
  }

  stop(): void {
    for (const subscription of this.#subscriptions) subscription.stop();
  }

  *#own(): Generator<Subscription> {
    const { peer } = this.#init.identity;
    for (const subscription of this.#subscriptions) if (subscription.covers(peer)) yield subscription;
  }

  #refuseOneTooMany(remote: PeerName): void {
    let served = 0;
    for (const subscription of this.#subscriptions) if (subscription.remote === remote) served++;
    if (served < MAX_SUBSCRIPTIONS_PER_PEER) return;
    const problem = `more than ${MAX_SUBSCRIPTIONS_PER_PEER} at a time`;
    throw new MurmurError({ code: 'MESSAGE_INVALID', message: 'subscription', field: 'count', problem });
  }

  async #serve(channel: Channel): Promise<void> {
    if (!this.#init.admits(channel.remote)) return channel.abort();
    const { clock, log } = this.#components;
    const { layout, unit, onTold } = this.#init;
    const merge = (entries: readonly LogEntry[]) => merged(entries, { layout, unit, nowMs: clock.nowMs() });
    const subscription = new Subscription({ channel, clock, log, merge, onTold }, this.progress);
    try {
      this.#refuseOneTooMany(channel.remote);
      this.#subscriptions.add(subscription);
      await subscription.run();
    } catch (error) {
      channel.abort();
      if (isFailure(error, 'MESSAGE_INVALID')) this.#init.onInvalid(channel.remote, error.message);
      else if (!isFailure(error, 'STREAM_CLOSED')) throw error;
    } finally {
      this.#subscriptions.delete(subscription);
      this.progress.ring();
    }
  }
}
