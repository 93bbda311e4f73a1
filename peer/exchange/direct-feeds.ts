import { setMaxListeners } from 'node:events';
import type { Network } from '../../protocols/network.ts';
import { MAX_PEERS } from '../../src/manifest.ts';
import { type OriginKey, type PeerName, peerOf } from '../../src/sum/origin.ts';
import type { Clock } from '../../src/support/clock.ts';
import { Doorbell, firstRing } from '../../src/support/doorbell.ts';
import { linkedAbort } from '../../src/support/linked-abort.ts';
import type { Members } from '../membership/members.ts';
import { whileLive } from '../membership/silence.ts';
import { FeedRunner, type FeedRunnerInit } from './feed-runner.ts';
import type { Feeds } from './feeds.ts';
import type { Inbox } from './inbox.ts';

/** Before a feed that broke off is opened again: long enough not to hammer, short beside a run. */
const RETRY_MS = 500;
/** A silent peer's updates are asked of one live peer after the other, each this long after the last was level. */
const ROTATE_MS = 1_000;
/** Both waits double while nothing comes of it, up to this. */
const MAX_WAIT_MS = 30_000;

/**
 * The direct topology: one feed from everyone, of their own updates. While a peer is silent its updates come from the
 * logs of the others in turn. One task per peer runs its feeds one after the other, so no two feeds ever bring the
 * same origin.
 */
export class DirectFeeds implements Feeds {
  readonly #network: Network;
  readonly #clock: Clock;
  readonly #members: Members;
  readonly #runner: FeedRunner;
  readonly #stop = new AbortController();
  readonly #tasks = new Map<PeerName, Promise<void>>();
  /** Peers whose own updates are being fed at the moment, up to level with their source. */
  readonly #level = new Set<PeerName>();
  /** The feeds that run. */
  readonly #open = new Map<AbortController, PeerName>();
  /** How many have asked that none be open, now and ever. */
  #holds = 0;
  #timesHeld = 0;
  readonly #released = new Doorbell();

  constructor(components: { network: Network; clock: Clock; members: Members; inbox: Inbox }, init: FeedRunnerInit) {
    this.#network = components.network;
    this.#clock = components.clock;
    this.#members = components.members;
    this.#runner = new FeedRunner(components, init);
    // One task for each peer waits on it; Node warns from eleven on.
    setMaxListeners(0, this.#stop.signal);
  }

  follow(owner: PeerName): void {
    if (this.#tasks.has(owner) || this.#tasks.size >= MAX_PEERS || this.#stop.signal.aborted) return;
    this.#tasks.set(owner, this.#keep(owner));
  }

  told(origin: OriginKey): void {
    this.follow(peerOf(origin));
  }

  reaches(owner: PeerName): boolean {
    return this.#level.has(owner);
  }

  get count(): number {
    return this.#open.size;
  }

  uses(source: PeerName): boolean {
    return [...this.#open.values()].includes(source);
  }

  hold(): () => void {
    this.#holds++;
    this.#timesHeld++;
    this.#level.clear();
    for (const end of this.#open.keys()) end.abort();
    return () => {
      this.#holds--;
      this.#released.ring();
    };
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#tasks.values());
  }

  async #keep(owner: PeerName): Promise<void> {
    const { signal } = this.#stop;
    let vain = 0;
    for (let turn = 0; !signal.aborted; turn++) {
      const source = this.#sourceOf(owner, turn);
      if (this.#holds > 0 || source === null) {
        await firstRing([this.#released, this.#members.changes], signal);
        continue;
      }
      const { failed, updates, held } = await this.#feed(owner, source);
      vain = updates > 0 || held ? 0 : vain + 1;
      if (held) continue;
      // Every live peer is asked once before the waits grow.
      const doublings = Math.max(0, vain - this.#members.live().length);
      const isBack = await this.#pause(owner, (failed ? RETRY_MS : ROTATE_MS) * 2 ** Math.min(doublings, 16));
      if (isBack) vain = 0;
    }
  }

  /**
   * Waits before the next feed, no longer than until the owner is there again or this peer stands somewhere else, where it may
   * lack what it had; tells whether either is so.
   */
  async #pause(owner: PeerName, waitMs: number): Promise<boolean> {
    const over = linkedAbort(this.#stop.signal);
    const cancel = this.#clock.after(Math.min(MAX_WAIT_MS, waitMs), () => over.abort());
    const holds = this.#timesHeld;
    let isBack = false;
    for (let wasThere = this.#isThere(owner); !over.signal.aborted && !isBack; ) {
      await firstRing([this.#members.changes, this.#released], over.signal);
      const isThere = this.#isThere(owner);
      isBack = (isThere && !wasThere) || this.#timesHeld > holds;
      wasThere = isThere;
    }
    cancel();
    over.abort();
    return isBack;
  }

  #isThere(owner: PeerName): boolean {
    return this.#members.isLive(owner) && this.#network.connected.has(owner);
  }

  /** The owner itself while it is there, else the next of the others. */
  #sourceOf(owner: PeerName, turn: number): PeerName | null {
    const { connected } = this.#network;
    if (this.#isThere(owner)) return owner;
    const others = this.#members.live().filter(({ name }) => name !== owner && connected.has(name));
    return others.length > 0 ? others[turn % others.length]!.name : null;
  }

  /** Runs one feed to its end; tells whether it failed or was held, and how many updates it brought. */
  async #feed(owner: PeerName, source: PeerName): Promise<{ failed: boolean; updates: number; held: boolean }> {
    let updates = 0;
    const end = whileLive(this.#members, source, this.#stop.signal);
    const { signal } = end;
    this.#open.set(end, source);
    const holds = this.#timesHeld;
    const onLevel = () => {
      if (source !== owner) return end.abort();
      if (signal.aborted) return;
      this.#level.add(owner);
      this.#members.changes.ring();
    };
    const failed = await this.#runner.run({ source, scope: [owner], onLevel, onUpdate: () => updates++ }, signal);
    this.#open.delete(end);
    end.abort();
    return { failed, updates, held: this.#timesHeld > holds };
  }
}
