import type { Network } from '../../protocols/network.ts';
import { ReplicaSource } from '../../protocols/replica/replica-source.ts';
import { FrameReader, type UpdateReader } from '../../protocols/updates/update-reader.ts';
import { UpdateSource } from '../../protocols/updates/update-source.ts';
import { isGossip, type Manifest } from '../../src/manifest.ts';
import type { Layout } from '../../src/models/layout.ts';
import type { Identity } from '../../src/sum/identity.ts';
import { latticeUnit } from '../../src/sum/lattice.ts';
import type { OriginKey, PeerName } from '../../src/sum/origin.ts';
import { UpdateLog } from '../../src/sum/update-log.ts';
import type { Clock } from '../../src/support/clock.ts';
import { MurmurError } from '../../src/support/errors.ts';
import { Fingers } from '../membership/fingers.ts';
import type { Introductions } from '../membership/introductions.ts';
import type { Members } from '../membership/members.ts';
import type { Narrator } from '../narrator.ts';
import type { SwarmClock } from '../progress/swarm-clock.ts';
import type { ReplicaHost } from '../replica/replica-host.ts';
import { CatchUp } from './catch-up.ts';
import { DirectFeeds } from './direct-feeds.ts';
import type { FeedRunnerInit } from './feed-runner.ts';
import type { Feeds } from './feeds.ts';
import { GossipFeeds } from './gossip-feeds.ts';
import { Inbox } from './inbox.ts';

/** Who lacks more than some whole replicas' worth of updates is better served by a replica transfer. */
const LOG_REPLICAS = 16;
/** Some five thousand updates of a small model; in a simulation of hundreds, all logs together are most of its memory. */
const MIN_LOG_BYTES = 4 * 2 ** 20;
/** A large model's log must not be the greater part of a peer's memory. */
const MAX_LOG_BYTES = 256 * 2 ** 20;

/** Memory for the updates of all origins, where nothing else is said. */
export function defaultLogBytes({ size }: Layout): number {
  return Math.min(MAX_LOG_BYTES, Math.max(MIN_LOG_BYTES, LOG_REPLICAS * size * Float32Array.BYTES_PER_ELEMENT));
}

export interface ExchangeComponents {
  readonly network: Network;
  readonly clock: Clock;
  readonly replica: ReplicaHost;
  readonly identity: Identity;
  readonly members: Members;
  readonly introductions: Introductions;
  readonly swarm: SwarmClock;
  readonly narrator: Narrator;
  /** Left out, one of its own. */
  readonly reader?: UpdateReader | undefined;
}

export interface ExchangeInit {
  readonly manifest: Manifest;
  readonly layout: Layout;
  /** Memory for the updates of all origins; left out, `defaultLogBytes`. */
  readonly logBytes: number | undefined;
  readonly onInvalid: (peer: PeerName, problem: string) => void;
}

/** What a peer takes from others and gives them: updates by feeds and log, and the whole replica where logs do not reach. */
export class Exchange {
  readonly log: UpdateLog;
  readonly inbox: Inbox;
  readonly source: UpdateSource;
  /** These two are null where nothing is exchanged. */
  readonly feeds: Feeds | null = null;
  readonly catchUp: CatchUp | null = null;
  /** Whom this peer takes everybody's updates from; null where it takes them from each itself. */
  readonly fingers: Fingers | null;
  readonly #components: ExchangeComponents;
  readonly #replicaSource: ReplicaSource;
  /** Until it is known where this peer stands. */
  #releaseFeeds = () => {};
  #replicaRuns = false;

  /** Registers its protocols: create it before the network starts. */
  constructor(components: ExchangeComponents, { manifest, layout, logBytes, onInvalid }: ExchangeInit) {
    const { network, clock, identity, members, introductions, swarm, narrator } = components;
    const { exchange } = manifest;
    const unit = latticeUnit(exchange.latticeBits);
    const admits = (peer: PeerName) => introductions.admits(peer);
    this.#components = components;
    this.fingers = isGossip(manifest) ? new Fingers(components, { self: identity.peer, count: exchange.feeds }) : null;
    this.log = new UpdateLog(logBytes ?? defaultLogBytes(layout));
    const { log } = this;
    const onTold = (origin: OriginKey, sequence: number) => {
      if (sequence > this.inbox.arrived.get(origin)) introductions.mention(origin, sequence);
    };
    this.source = new UpdateSource({ network, clock, log }, { layout, unit, identity, admits, onInvalid, onTold });
    this.#replicaSource = new ReplicaSource(
      { network, clock },
      {
        admits: (peer) => this.#replicaRuns && admits(peer),
        image: () => this.#image(),
        samples: () => [[identity.peer, swarm.own], ...swarm.ofOthers()],
        onInvalid,
      },
    );
    const onArrival = (origin: OriginKey, { samples }: { samples: number }, source: PeerName) => {
      members.seen(source);
      const { peer } = this.source.authorOf(origin);
      // Whoever has just published was there: more often heard of in this way than by its statuses.
      if (this.fingers !== null) members.seen(peer);
      if (identity.isFormer(origin)) swarm.toldOfSelf(samples);
      else swarm.told(peer, samples);
      // Somebody may wait for it here: all whom this peer passes it on to, and in any topology where its own peer is gone.
      this.source.logGrew(origin);
    };
    const reader = components.reader ?? new FrameReader(layout, unit);
    this.inbox = new Inbox({ clock, log, identity, reader }, { onArrival });
    if (exchange.strategy === 'none') return;

    const tellEvery = Math.max(1, Math.floor(exchange.staleness / 4));
    const onTooFarBehind = (origin: OriginKey, source: PeerName, floor: number) => {
      if (!this.catchUp?.tooFarBehind(origin, source, floor)) return;
      narrator.warn('TOO_FAR_BEHIND', `${source} no longer holds all updates of ${origin} that are missing here`);
    };
    const feeds = this.#feeds({ layout, tellEvery, onInvalid, onTooFarBehind }, admits);
    this.#releaseFeeds = feeds.hold();
    this.feeds = feeds;
    this.catchUp = new CatchUp(
      { ...components, inbox: this.inbox, log, feeds },
      {
        parameters: layout.size,
        onMentioned: (origin, sequence) => introductions.mention(origin, sequence),
        onInvalid,
        onMoved: () => {
          this.#replicaSource.moved();
          this.source.logGrew();
        },
      },
    );
  }

  /** Whether updates pass between this peer and that neighbour, in any direction. */
  isInUse(peer: PeerName): boolean {
    return this.source.feeds(peer) || (this.feeds?.uses(peer) ?? false);
  }

  /** Updates published under the present origin. */
  get published(): number {
    return this.inbox.taken.get(this.#components.identity.origin);
  }

  /** Somebody holds so many updates of an origin, of a peer that is gone perhaps, or of this one's former processes. */
  told(origin: OriginKey, sequence: number): void {
    const { identity } = this.#components;
    if (identity.isFormer(origin)) this.feeds?.follow(identity.peer);
    if (sequence > this.inbox.arrived.get(origin)) this.feeds?.told(origin, sequence);
  }

  /** The replica runs, and stands at `vector`. */
  begin(vector: readonly (readonly [OriginKey, number])[]): void {
    const { identity } = this.#components;
    this.inbox.rebase(vector);
    // Who has subscribed already may stand below.
    this.source.logGrew();
    this.#replicaRuns = true;
    // What an earlier process published after its last checkpoint is in others' logs.
    if (vector.some(([origin]) => identity.isFormer(origin))) this.feeds?.follow(identity.peer);
    this.#releaseFeeds();
    this.catchUp?.start();
  }

  async stop(): Promise<void> {
    this.#replicaRuns = false;
    this.#replicaSource.stop();
    this.source.stop();
    await Promise.all([this.catchUp?.stop(), this.feeds?.stop()]);
  }

  #feeds(init: FeedRunnerInit, admits: (peer: PeerName) => boolean): Feeds {
    const components = { ...this.#components, inbox: this.inbox };
    if (this.fingers === null) return new DirectFeeds(components, init);
    return new GossipFeeds({ ...components, fingers: this.fingers }, { ...init, admits });
  }

  /** A replica that is being stopped answers no more. */
  async #image() {
    const { replica, identity } = this.#components;
    try {
      return await replica.image();
    } catch (error) {
      if (this.#replicaRuns) throw error;
      throw new MurmurError({ code: 'STREAM_CLOSED', peer: identity.peer, problem: 'the replica is stopped' });
    }
  }
}
