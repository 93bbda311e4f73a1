import { type OriginKey, type PeerName, peerOf } from '../../src/sum/origin.ts';
import type { UpdateLog } from '../../src/sum/update-log.ts';
import { Doorbell } from '../../src/support/doorbell.ts';
import { isFailure } from '../../src/support/errors.ts';
import type { Channel, Network } from '../network.ts';
import { MAX_SUBSCRIPTION_BYTES, UPDATES_PROTOCOL } from './constants.ts';
import { Subscription } from './subscription.ts';

export interface UpdateSourceInit {
  /** Whose updates `backlog` speaks of: this peer's own. */
  readonly origin: OriginKey;
  /** Subscribers that have not said the same manifest's hello are turned away. */
  readonly admits: (peer: PeerName) => boolean;
  readonly onInvalid: (peer: PeerName, problem: string) => void;
}

/** Serves subscriptions to the updates in the log: this peer's own, and those of origins that have fallen silent. */
export class UpdateSource {
  readonly #log: UpdateLog;
  readonly #init: UpdateSourceInit;
  readonly #subscriptions = new Set<Subscription>();
  /** Rings when subscribers took updates, or came or went. */
  readonly progress = new Doorbell();

  /** Registers the protocol: create it before the network starts. */
  constructor(components: { network: Network; log: UpdateLog }, init: UpdateSourceInit) {
    this.#log = components.log;
    this.#init = init;
    components.network.handle(UPDATES_PROTOCOL, { maxMessageBytes: MAX_SUBSCRIPTION_BYTES }, (channel) => {
      void this.#serve(channel);
    });
  }

  /** Call after the log has grown. */
  logGrew(): void {
    for (const subscription of this.#subscriptions) subscription.logGrew();
  }

  /** Own updates, the newest being `published`, that the slowest subscriber among `peers` has still to take. */
  backlog(published: number, peers: (peer: PeerName) => boolean): number {
    let backlog = 0;
    for (const { remote, taken } of this.#own()) if (peers(remote)) backlog = Math.max(backlog, published - taken);
    return backlog;
  }

  /** Whether `peer` subscribes to this peer's own updates and has taken all up to `published`. */
  hasTaken(peer: PeerName, published: number): boolean {
    for (const { remote, taken } of this.#own()) if (remote === peer && taken >= published) return true;
    return false;
  }

  stop(): void {
    for (const subscription of this.#subscriptions) subscription.stop();
  }

  *#own(): Generator<{ remote: PeerName; taken: number }> {
    const peer = peerOf(this.#init.origin);
    for (const subscription of this.#subscriptions) {
      if (subscription.covers(peer))
        yield { remote: subscription.remote, taken: subscription.taken(this.#init.origin) };
    }
  }

  async #serve(channel: Channel): Promise<void> {
    if (!this.#init.admits(channel.remote)) return channel.abort();
    const subscription = new Subscription(channel, this.#log, this.progress);
    this.#subscriptions.add(subscription);
    try {
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
