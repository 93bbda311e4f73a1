import type { Network } from '../../protocols/network.ts';
import { maxImageBytes } from '../../protocols/replica/constants.ts';
import { type FetchedReplica, fetchReplica, type ReplicaHead } from '../../protocols/replica/replica-fetch.ts';
import type { Identity } from '../../src/sum/identity.ts';
import type { OriginKey, PeerName } from '../../src/sum/origin.ts';
import type { UpdateLog } from '../../src/sum/update-log.ts';
import { VersionVector } from '../../src/sum/version-vector.ts';
import { type Clock, sleep } from '../../src/support/clock.ts';
import { Doorbell, firstRing } from '../../src/support/doorbell.ts';
import { isFailure } from '../../src/support/errors.ts';
import type { Members } from '../membership/members.ts';
import { whileLive } from '../membership/silence.ts';
import type { Narrator } from '../narrator.ts';
import type { SwarmClock } from '../progress/swarm-clock.ts';
import type { Drift, ReplicaHost } from '../replica/replica-host.ts';
import { type AdoptionPlan, adoptionOf, countsOf, givesUp, mayAdopt, planAdoption } from './adoption.ts';
import { Arrears } from './arrears.ts';
import type { Feeds } from './feeds.ts';
import type { Inbox } from './inbox.ts';

/** Before a peer in training asks for a replica: logs may bring what it lacks, or level a source that has just come back. */
export const PATIENCE_MS = 2_000;
/** Before the first round: then a peer trains on what it has. A transfer that takes longer is not worth waiting for. */
export const CATCH_UP_PATIENCE_MS = 120_000;
/** Between two questions to the same source, when the first led to nothing. */
export const ASK_AGAIN_MS = 3_000;
/** These two are so many times shorter at the end: a peer lingers for what it lacks no longer than some questions take. */
const HASTE = 4;

export interface CatchUpComponents {
  readonly network: Network;
  readonly clock: Clock;
  readonly replica: ReplicaHost;
  readonly identity: Identity;
  readonly members: Members;
  readonly inbox: Inbox;
  readonly log: UpdateLog;
  readonly feeds: Feeds;
  readonly swarm: SwarmClock;
  readonly narrator: Narrator;
}

export interface CatchUpInit {
  readonly parameters: number;
  /** Another peer holds so many updates of an origin, whose peer may have left before this one came. */
  readonly onMentioned: (origin: OriginKey, sequence: number) => void;
  readonly onInvalid: (peer: PeerName, problem: string) => void;
  /** This peer, and its log, stand somewhere else: for those that it serves. */
  readonly onMoved: () => void;
}

interface Fetched {
  readonly replica: FetchedReplica;
  readonly source: PeerName;
  readonly startMs: number;
}

/**
 * Brings a peer to where the swarm is when logs do not: a late joiner, one that comes back, and the sides of a partition
 * that lasted longer than the logs reach (design, section 1). Fetches beside the rounds, adopts between two of them.
 */
export class CatchUp {
  readonly #components: CatchUpComponents;
  readonly #init: CatchUpInit;
  readonly #arrears: Arrears;
  readonly #wake = new Doorbell();
  readonly #stop = new AbortController();
  /** Rings whenever it stands differently. */
  readonly changes = new Doorbell();
  /** Before the first round; whether this peer then has nothing at all. */
  #joining: { readonly emptyHanded: boolean } | null = null;
  /** Whether nothing had been published when the feeds were level: they bring all that there will be. */
  #isFromStart = false;
  /** What a peer in training had applied when this one came. */
  #goal: { readonly vector: VersionVector; readonly source: PeerName } | null = null;
  #fetched: Fetched | null = null;
  #damaged = false;
  /** What waits are divided by. */
  #haste = 1;
  #task: Promise<void> = Promise.resolve();

  constructor(components: CatchUpComponents, init: CatchUpInit) {
    this.#components = components;
    this.#init = init;
    this.#arrears = new Arrears(components.clock);
  }

  start(): void {
    this.#task = this.#pursue();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.changes.ring();
    await this.#task;
  }

  /** The feeds are level. Where they have brought nothing the swarm begins now: who is to have more tells of a later log. */
  levelled(): void {
    this.#isFromStart = this.#components.inbox.arrived.isEmpty();
  }

  /** A feed's source holds updates of `origin` from `floor` on, and this peer stands below. Tells whether that is news. */
  tooFarBehind(origin: OriginKey, source: PeerName, floor: number): boolean {
    this.#wake.ring();
    return this.#arrears.add(source, origin, floor);
  }

  /** S no longer equals what was applied to it: whatever this peer has, it needs another's replica. */
  heal(): void {
    this.#damaged = true;
    this.#wake.ring();
  }

  /** This peer trains no more, and leaves soon. */
  hurry(): void {
    this.#haste = HASTE;
  }

  /**
   * Whether updates of a peer that goes on publishing no longer come: training here would add what the model has long
   * learnt, or push it back. Whoever waits for that looks again at every word of a peer: patience ends.
   */
  get isStale(): boolean {
    this.#dropOld();
    return this.#arrears.grow(this.#components.members);
  }

  /** Whether a replica waits to be adopted. */
  get ready(): boolean {
    return this.#fetched !== null;
  }

  /**
   * Before the first round: until this peer has what the others have, or it would add what the model has long learnt.
   * @param absorb applies what has arrived, or adopts what was fetched
   * @returns whether it came so far before patience ended
   */
  async reachSwarm(absorb: () => Promise<void>, signal: AbortSignal): Promise<boolean> {
    const { clock, inbox, members } = this.#components;
    const patience = new AbortController();
    const cancel = clock.after(CATCH_UP_PATIENCE_MS, () => patience.abort());
    const either = AbortSignal.any([signal, patience.signal]);
    this.#joining = { emptyHanded: inbox.taken.isEmpty() };
    this.#wake.ring();
    try {
      while (!either.aborted && !this.#isLevel()) {
        if (this.ready || inbox.waiting > 0) await absorb();
        else await firstRing([this.changes, inbox.arrivals, members.changes], either);
      }
    } finally {
      cancel();
      this.#joining = null;
    }
    return !patience.signal.aborted;
  }

  /** Between rounds, where `ready`: puts in what was fetched, unless that would by now lose more than the other way round. */
  async adopt(): Promise<readonly Drift[]> {
    const { identity, inbox, log, feeds } = this.#components;
    const fetched = this.#fetched!;
    const { source, replica } = fetched;
    const plan = planAdoption({ origin: identity.origin, arrived: inbox.arrived, log }, replica.vector);
    if (!this.#damaged && !mayAdopt(plan, inbox.arrived, replica.vector)) return this.#done([]);
    // From here on nothing arrives that the plan does not know.
    const release = feeds.hold();
    try {
      return this.#done(await this.#takeOver(fetched, plan));
    } catch (error) {
      if (!isFailure(error, 'MESSAGE_INVALID')) throw error;
      this.#init.onInvalid(source, error.message);
      this.#forget(source);
      return this.#done([]);
    } finally {
      release();
    }
  }

  async #takeOver({ replica: image, source, startMs }: Fetched, plan: AdoptionPlan): Promise<readonly Drift[]> {
    const { identity, inbox, feeds, replica, clock, narrator } = this.#components;
    // Under another origin its statuses count, though its vector has gone back.
    const next = givesUp(plan) > 0 ? identity.drawOrigin() : null;
    const drifts = await replica.adopt(adoptionOf(image, plan, next));
    inbox.rebase(plan.vector);
    this.#init.onMoved();
    this.#arrears.clear();
    this.#damaged = false;
    if (next !== null) {
      identity.become(next);
      // Somebody may hold what was given up.
      feeds.follow(identity.peer);
    }
    const seconds = (clock.nowMs() - startMs) / 1000;
    narrator.say({ type: 'adopted', source, bytes: image.imageBytes, seconds, ...countsOf(plan) });
    return drifts;
  }

  #done(drifts: readonly Drift[]): readonly Drift[] {
    this.#fetched = null;
    this.changes.ring();
    return drifts;
  }

  #isLevel(): boolean {
    const { members, feeds, inbox } = this.#components;
    if (this.ready || inbox.waiting > 0) return false;
    this.#dropOld();
    if (!this.#arrears.own().next().done) return false;
    // One that trains may be heard of before it is connected.
    const isBehind = this.#goal === null || !inbox.arrived.covers(this.#goal.vector);
    if (!this.#isFromStart && isBehind && members.trainers().length > 0) return false;
    return members.everyLive(({ name }) => feeds.reaches(name));
  }

  /** Asks one source after the other, while there is anything to ask for. */
  async #pursue(): Promise<void> {
    const { clock, members } = this.#components;
    const { signal } = this.#stop;
    const pause = (ms: number) => sleep(clock, ms / this.#haste, signal);
    for (let turn = 0; !signal.aborted; turn++) {
      const source = this.ready ? null : this.#nextSource(turn);
      if (source === null) {
        const lacks = this.#damaged || this.#joining !== null || this.#arrears.sources().length > 0;
        // Every word of a peer is a change: only who lacks something listens to them.
        await firstRing([this.#wake, this.changes, ...(lacks ? [members.changes] : [])], signal);
        continue;
      }
      if (this.#joining === null && !this.#damaged && !this.isStale) await pause(PATIENCE_MS);
      if (!signal.aborted && !(await this.#ask(source))) await pause(ASK_AGAIN_MS);
    }
  }

  #nextSource(turn: number): PeerName | null {
    const { network, members } = this.#components;
    this.#dropOld();
    const trainers = members.trainers().filter(({ name }) => network.connected.has(name));
    const lacksAny = this.#damaged || (this.#joining !== null && this.#goal === null && !this.#isFromStart);
    if (lacksAny && trainers.length > 0) return trainers[turn % trainers.length]!.name;
    const marked = this.#arrears.sources().filter((name) => members.isLive(name) && network.connected.has(name));
    return marked.length > 0 ? marked[turn % marked.length]! : null;
  }

  /** A goal that its peer has taken to the grave may be out of reach. */
  #dropOld(): void {
    const { members, inbox } = this.#components;
    this.#arrears.drop(inbox.arrived, (source) => members.isLive(source));
    if (this.#goal !== null && !members.isLive(this.#goal.source)) this.#goal = null;
  }

  /** Whatever `source` said was not to be relied on. */
  #forget(source: PeerName): void {
    this.#arrears.delete(source);
    if (this.#goal?.source === source) this.#goal = null;
  }

  /** Tells whether that led anywhere. */
  async #ask(source: PeerName): Promise<boolean> {
    const { network, clock, members } = this.#components;
    const startMs = clock.nowMs();
    const end = whileLive(members, source, this.#stop.signal);
    const wants = (head: ReplicaHead) => this.#wants(head, source);
    const limits = { maxImageBytes: maxImageBytes(this.#init.parameters), signal: end.signal };
    try {
      const replica = await fetchReplica({ network, clock }, { source, wants, ...limits });
      if (replica !== null) {
        this.#fetched = { replica, source, startMs };
        this.#components.inbox.arrivals.ring();
      }
      return replica !== null || !this.#arrears.has(source);
    } catch (error) {
      if (!isFailure(error)) throw error;
      if (error.code === 'MESSAGE_INVALID') this.#init.onInvalid(source, error.message);
      if (this.#goal?.source === source) this.#goal = null;
      return false;
    } finally {
      end.abort();
      this.changes.ring();
    }
  }

  /** Learns from a head what there is, and decides whether the image is needed, and whether to adopt it. */
  #wants(head: ReplicaHead, source: PeerName): boolean {
    const { identity, inbox, log, swarm, narrator } = this.#components;
    const { vector, imageBytes } = head;
    swarm.toldByHead(head, identity.peer);
    for (const entry of vector) this.#init.onMentioned(...entry);
    const theirs = new VersionVector(vector);
    if (this.#joining !== null) this.#goal = { vector: theirs, source };
    if (!this.#arrears.isIn(source, theirs, inbox.arrived)) {
      // An image that is shared for a while may be older than that word: then the source is asked again.
      if (!this.#arrears.isOlder(source, theirs)) this.#arrears.delete(source);
      if (!this.#joining?.emptyHanded && !this.#damaged) return false;
    }
    const plan = planAdoption({ origin: identity.origin, arrived: inbox.arrived, log }, vector);
    const adopts = this.#damaged || mayAdopt(plan, inbox.arrived, vector);
    this.#arrears.settle(source, !adopts);
    if (adopts) narrator.say({ type: 'transferring', source, bytes: imageBytes });
    return adopts;
  }
}
