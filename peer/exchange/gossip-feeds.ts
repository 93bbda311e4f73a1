import { setMaxListeners } from 'node:events';
import type { Network } from '../../protocols/network.ts';
import { isOnArc, overlap, placeOf, type Scope, sameScope, scopeTest } from '../../protocols/updates/scope.ts';
import { type OriginKey, type PeerName, peerOf } from '../../src/sum/origin.ts';
import { type Clock, sleep } from '../../src/support/clock.ts';
import { linkedAbort } from '../../src/support/linked-abort.ts';
import { type Fingers, upwards } from '../membership/fingers.ts';
import type { Members } from '../membership/members.ts';
import { FeedRunner, type FeedRunnerInit } from './feed-runner.ts';
import type { Feeds } from './feeds.ts';
import type { Inbox } from './inbox.ts';
import { STARVED_MS, Strays } from './strays.ts';

/** Between two looks at who brings what: short beside the patience with anybody, and many changes at once are one. */
export const ASSIGN_MS = 500;
/** A neighbour that broke a feed off, or turned it away, is asked again after this. */
const RETRY_MS = 2_000;
/** A neighbour that brings nothing though there is something hands its arc over, and is asked again after this. */
export const AVOID_MS = 30_000;
/** Strays are asked of one neighbour after the other, each this long after the last was level. */
const ROVE_MS = 1_000;
/** This doubles, once everyone has been asked in vain, up to here. */
const MAX_ROVE_MS = 30_000;

export interface GossipFeedsComponents {
  readonly network: Network;
  readonly clock: Clock;
  readonly members: Members;
  readonly fingers: Fingers;
  readonly inbox: Inbox;
}

export interface GossipFeedsInit extends FeedRunnerInit {
  /** Whether a peer has said hello, and so answers subscriptions. */
  readonly admits: (peer: PeerName) => boolean;
}

/** One feed, until its source's close is acknowledged. */
interface Line {
  readonly source: PeerName;
  readonly scope: Scope;
  readonly end: AbortController;
  done: Promise<void>;
  /** From when those that owned any of its scope are closed. */
  isOpen: boolean;
  isLevel: boolean;
  updates: number;
  lastUpdateMs: number;
}

/**
 * The gossip topology: every peer takes everybody's updates from a few neighbours, each of which owns an arc of the ring
 * that starts at itself, so that no chain of relays is a circle; and whatever does not come in this way from one
 * neighbour after the other. See protocols/updates/README.md.
 */
export class GossipFeeds implements Feeds {
  readonly #network: Network;
  readonly #clock: Clock;
  readonly #members: Members;
  readonly #fingers: Fingers;
  readonly #init: GossipFeedsInit;
  readonly #runner: FeedRunner;
  readonly #strays: Strays;
  readonly #stop = new AbortController();
  #task: Promise<unknown> | null = null;
  /** Those that are being closed, or wait for others to be closed, included. */
  readonly #lines = new Set<Line>();
  /** The one that brings strays. */
  #rover: Line | null = null;
  readonly #avoidedUntilMs = new Map<PeerName, number>();
  #reached = false;
  #holds = 0;

  constructor(components: GossipFeedsComponents, init: GossipFeedsInit) {
    this.#network = components.network;
    this.#clock = components.clock;
    this.#members = components.members;
    this.#fingers = components.fingers;
    this.#init = init;
    this.#strays = new Strays(components, components.network.self);
    this.#runner = new FeedRunner(components, {
      ...init,
      onTooFarBehind: (origin, source, floor) => {
        // Others are asked first: a source that was behind itself holds merged what its receiver has in part.
        const owner = peerOf(origin);
        if (source === owner || this.#strays.hasAll([owner])) init.onTooFarBehind(origin, source, floor);
        else this.#strays.starve(owner);
      },
    });
    // Every feed listens to it; Node warns from eleven on.
    setMaxListeners(0, this.#stop.signal);
  }

  get count(): number {
    return [...this.#lines].filter(({ isOpen }) => isOpen).length;
  }

  uses(source: PeerName): boolean {
    return [...this.#lines].some((line) => line.source === source);
  }

  /** The first call begins to take in what everybody has. */
  follow(owner: PeerName): void {
    if (this.#stop.signal.aborted) return;
    this.#strays.follow(owner);
    this.#task ??= Promise.all([this.#lead(), this.#rove()]);
  }

  told(origin: OriginKey, sequence: number): void {
    this.#strays.told(origin, sequence);
  }

  /** Everyone, once the feeds of all arcs have been level together. */
  reaches(): boolean {
    return this.#reached;
  }

  hold(): () => void {
    this.#holds++;
    this.#reached = false;
    for (const { end } of this.#lines) end.abort();
    return () => {
      this.#holds--;
      // What this peer had it may lack now: it asks for the strays at once.
      this.#strays.more.ring();
    };
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#task;
    await Promise.all([...this.#lines].map(({ done }) => done));
  }

  async #lead(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      if (this.#holds === 0) this.#assign();
      await sleep(this.#clock, ASSIGN_MS, signal);
    }
  }

  /** Closes the feeds whose source or scope is another one now, and opens those that are missing. */
  #assign(): void {
    const sources = this.#sources();
    if (sources.length > 0) this.#strays.look(sources, (name) => sources.length > 1 && this.#avoidIdle(name));
    const missing = shareOut(sources, this.#strays.names());
    for (const line of this.#lines) {
      if (line.end.signal.aborted) continue;
      const scope = missing.get(line.source);
      if (line === this.#rover) {
        if (!this.#isNeighbour(line.source) || !this.#strays.hasAll(line.scope)) line.end.abort();
      } else if (scope !== undefined && sameScope(scope, line.scope)) {
        missing.delete(line.source);
      } else {
        line.end.abort();
      }
    }
    for (const [source, scope] of missing) this.#open(source, scope);
  }

  /** The neighbours to take updates from at present, upwards from this peer: of each class of distance the first there is. */
  #sources(): PeerName[] {
    const nowMs = this.#clock.nowMs();
    const serves = (name: PeerName) => this.#isNeighbour(name) && (this.#avoidedUntilMs.get(name) ?? 0) <= nowMs;
    const chosen = this.#fingers.classes().flatMap((names) => names.find(serves) ?? []);
    return upwards(placeOf(this.#network.self), chosen);
  }

  #isNeighbour(name: PeerName): boolean {
    return this.#network.connected.has(name) && this.#members.isLive(name) && this.#init.admits(name);
  }

  /** A starved peer's source that brings nothing at all is slow, or does not do its part. */
  #avoidIdle(starved: PeerName): void {
    const nowMs = this.#clock.nowMs();
    for (const { source, scope, lastUpdateMs } of this.#lines) {
      if (!scopeTest(scope, this.#network.self)(starved) || nowMs - lastUpdateMs < STARVED_MS) continue;
      this.#avoidedUntilMs.set(source, nowMs + AVOID_MS);
    }
  }

  /** Runs beside the others as soon as those that own any of its scope are closed. */
  #open(source: PeerName, scope: Scope): Line {
    const owners = [...this.#lines].filter((line) => overlap(line.scope, scope, this.#network.self));
    const end = linkedAbort(this.#stop.signal);
    const lastUpdateMs = this.#clock.nowMs();
    const done = Promise.resolve();
    const line: Line = { source, scope, end, done, isOpen: false, isLevel: false, updates: 0, lastUpdateMs };
    this.#lines.add(line);
    line.done = this.#run(line, owners);
    return line;
  }

  async #run(line: Line, owners: readonly Line[]): Promise<void> {
    const { source, scope, end } = line;
    await Promise.all(owners.map(({ done }) => done));
    if (!end.signal.aborted) {
      line.isOpen = true;
      const onUpdate = () => {
        line.updates++;
        line.lastUpdateMs = this.#clock.nowMs();
      };
      await this.#runner.run({ source, scope, onLevel: () => this.#noteLevel(line), onUpdate }, end.signal);
      if (!end.signal.aborted) this.#avoidedUntilMs.set(source, this.#clock.nowMs() + RETRY_MS);
    }
    this.#lines.delete(line);
    end.abort();
  }

  #noteLevel(line: Line): void {
    if (line.end.signal.aborted) return;
    line.isLevel = true;
    if (line === this.#rover) line.end.abort();
    const wasReached = this.#reached;
    this.#reached ||= [...this.#lines].every((other) => other === this.#rover || other.isLevel);
    if (this.#reached && !wasReached) this.#members.changes.ring();
  }

  /** Asks one neighbour after the other for the strays, while there are any. */
  async #rove(): Promise<void> {
    const { signal } = this.#stop;
    let vain = 0;
    for (let turn = placeOf(this.#network.self); !signal.aborted; turn++) {
      const scope = this.#strays.names();
      const neighbours = [...this.#network.connected].filter((name) => this.#isNeighbour(name)).sort();
      if (this.#holds === 0 && scope.length > 0 && neighbours.length > 0) {
        this.#rover = this.#open(neighbours[turn % neighbours.length]!, scope);
        await this.#rover.done;
        vain = this.#rover.updates > 0 ? 0 : vain + 1;
        this.#rover = null;
      }
      const doublings = Math.max(0, vain - neighbours.length);
      const isMore = await this.#pause(Math.min(MAX_ROVE_MS, ROVE_MS * 2 ** Math.min(doublings, 16)));
      if (isMore || this.#strays.isLacking) vain = 0;
    }
  }

  /** Waits, no longer than until there is a stray more; tells whether there is. */
  async #pause(waitMs: number): Promise<boolean> {
    const over = linkedAbort(this.#stop.signal);
    const cancel = this.#clock.after(waitMs, () => over.abort());
    await this.#strays.more.wait(over.signal);
    const isMore = !over.signal.aborted;
    cancel();
    over.abort();
    return isMore;
  }
}

/**
 * Who brings what: each of the sources, which are in their order on the ring, the arc from itself up to the next, so that
 * whoever passes an update on is nearer to its origin than whom it passes it to. Strays are left out.
 */
export function shareOut(sources: readonly PeerName[], strays: readonly PeerName[]): Map<PeerName, Scope> {
  const shares = new Map<PeerName, Scope>();
  const places = sources.map(placeOf);
  for (const [index, source] of sources.entries()) {
    const [from, to] = [places[index]!, places[(index + 1) % places.length]!];
    // Of two in one place, which is rare, the other one serves both.
    if (from === to && sources.length > 1) continue;
    const arc = { from, to };
    shares.set(source, { arc, but: strays.filter((name) => isOnArc(arc, placeOf(name))) });
  }
  return shares;
}
