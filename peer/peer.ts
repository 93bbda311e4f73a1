import { Hello } from '../protocols/hello/hello.ts';
import type { Network } from '../protocols/network.ts';
import { statusTopic } from '../protocols/status/constants.ts';
import type { PeerState, Status } from '../protocols/status/messages.ts';
import { StatusBoard } from '../protocols/status/status-board.ts';
import { UpdateSource } from '../protocols/updates/update-source.ts';
import { type Manifest, manifestDigest, manifestDigests } from '../src/manifest.ts';
import { latticeUnit } from '../src/sum/lattice.ts';
import { type OriginKey, type PeerName, parseOriginKey } from '../src/sum/origin.ts';
import { UpdateLog } from '../src/sum/update-log.ts';
import { type Clock, sleep } from '../src/support/clock.ts';
import { firstRing } from '../src/support/doorbell.ts';
import { isFailure, type MurmurError } from '../src/support/errors.ts';
import { DelayMeter } from './delay-meter.ts';
import { DirectFeeds } from './direct-feeds.ts';
import { EvaluationPlan } from './evaluation-plan.ts';
import type { PeerEvent, PeerReport, Progress } from './events.ts';
import { sayFarewell } from './farewell.ts';
import { Inbox } from './inbox.ts';
import { Introductions } from './introductions.ts';
import { Members, sequencesByPeer } from './members.ts';
import type { ReplicaHost, ReplicaInfo, ReplicaScores } from './replica/replica-host.ts';
import { SwarmClock } from './swarm-clock.ts';
import { Tally } from './tally.ts';

/** Frames of all origins that are kept to serve others: an hour of four peers at 20 kB/s each. */
const LOG_BYTES = 256 * 2 ** 20;
/** Between two progress events: a live view needs no more. */
const PROGRESS_MS = 1_000;
/** A start waits this long for all planned peers to meet, then goes on with those present. */
const MEETING_PATIENCE_MS = 120_000;
/** A given address may belong to a peer that is still starting. */
const JOIN_PATIENCE_MS = 15_000;
const JOIN_RETRY_MS = 500;

type EventBody<E> = E extends unknown ? Omit<E, 'atMs' | 'peer'> : never;
type FinishReason = Extract<PeerEvent, { type: 'finishing' }>['reason'];

export interface PeerComponents {
  readonly network: Network;
  readonly clock: Clock;
  readonly replica: ReplicaHost;
}

export interface PeerInit {
  readonly manifest: Manifest;
  readonly shard: number;
  readonly origin: OriginKey;
  /** Addresses of peers that are in the run already. */
  readonly join: readonly string[];
  readonly emit: (event: PeerEvent) => void;
  /** Asks the peer to finish early. */
  readonly signal: AbortSignal;
}

/**
 * One peer of a run, on its network thread: meets the others, drives its replica round by round, hands frames to and
 * fro, and ends quietly. All clocks, sockets and mathematics come from outside, so the same code runs on virtual time.
 */
export class Peer {
  readonly #network: Network;
  readonly #clock: Clock;
  readonly #replica: ReplicaHost;
  readonly #init: PeerInit;
  readonly #log = new UpdateLog(LOG_BYTES);
  readonly #members: Members;
  readonly #introductions: Introductions;
  readonly #source: UpdateSource;
  readonly #board: StatusBoard;
  readonly #swarm: SwarmClock;
  readonly #plan: EvaluationPlan;
  readonly #tally = new Tally();
  readonly #delays = new DelayMeter();
  readonly #ended = new AbortController();
  #inbox!: Inbox;
  #feeds!: DirectFeeds;
  #state: PeerState = 'joining';
  #scores: ReplicaScores | null = null;
  #startMs = 0;

  /** Registers its protocols on the network; nothing else happens before `run`. */
  constructor({ network, clock, replica }: PeerComponents, init: PeerInit) {
    const { manifest, shard, origin } = init;
    const shared = manifest.exchange.strategy !== 'none';
    this.#network = network;
    this.#clock = clock;
    this.#replica = replica;
    this.#init = init;
    this.#members = new Members(clock, ({ name }, state) => {
      this.#emit({ type: 'member', member: name, state });
      // Whoever is new has missed this peer's earlier statuses.
      if (state === 'joined') this.#board.announce();
    });
    this.#swarm = new SwarmClock(this.#members, shared ? null : manifest.peers);
    this.#plan = new EvaluationPlan(manifest, shard);
    const hello = new Hello({ network, clock }, manifestDigests(manifest));
    this.#introductions = new Introductions(
      { network, hello, clock, members: this.#members },
      {
        onAdmitted: (peer) => shared && this.#feeds?.follow(peer),
        onRefused: (peer, error) => this.#warn(error.code, `turned away ${peer}: ${error.message}`),
      },
    );
    this.#source = new UpdateSource(
      { network, log: this.#log },
      { origin, admits: (peer) => this.#introductions.admits(peer), onInvalid: this.#onInvalid },
    );
    this.#board = new StatusBoard(
      { network, clock },
      {
        topic: statusTopic(manifestDigest(manifest)),
        compose: () => this.#status(),
        receive: (from, status) => this.#heard(from, status),
        onInvalid: this.#onInvalid,
      },
    );
  }

  /**
   * The peer's whole life. Throws ADDRESS_UNAVAILABLE, JOIN_FAILED, MANIFEST_MISMATCH, and what `ReplicaHost.start`
   * throws; whatever happens, everything that was started is stopped.
   */
  async run(): Promise<PeerReport> {
    this.#startMs = this.#clock.nowMs();
    try {
      await this.#network.start();
      this.#emit({ type: 'listening', addresses: this.#network.addresses });
      this.#board.start();
      const [info] = await Promise.all([this.#replica.start(), this.#join()]);
      this.#openFeeds(info);
      await this.#meetAll();
      this.#reportProgress();
      const reason = await this.#train();
      return await this.#finish(reason, info);
    } finally {
      this.#ended.abort();
      this.#introductions.stop();
      await this.#feeds?.stop();
      this.#source.stop();
      await this.#network.stop();
      await this.#replica.stop();
    }
  }

  /** Dials the given addresses until one answers and runs the same manifest. */
  async #join(): Promise<void> {
    const { join, signal } = this.#init;
    const patienceEndMs = this.#clock.nowMs() + JOIN_PATIENCE_MS;
    for (let turn = 0; join.length > 0 && !signal.aborted; turn++) {
      try {
        await this.#introductions.meet(await this.#network.dial(join[turn % join.length]!, signal));
        return;
      } catch (error) {
        const hopeless = !isFailure(error) || ['MANIFEST_MISMATCH', 'CONFIG_INVALID'].includes(error.code);
        if (hopeless || this.#clock.nowMs() >= patienceEndMs) throw error;
        await sleep(this.#clock, JOIN_RETRY_MS, signal);
      }
    }
  }

  #openFeeds({ backend, layout, shardSamples }: ReplicaInfo): void {
    const { exchange } = this.#init.manifest;
    this.#inbox = new Inbox(
      { clock: this.#clock, log: this.#log },
      {
        layout,
        unit: latticeUnit(exchange.latticeBits),
        tellEvery: Math.max(1, Math.floor(exchange.staleness / 4)),
        onArrival: (origin, frame) => this.#arrived(origin, frame.samples),
      },
    );
    this.#feeds = new DirectFeeds(
      { network: this.#network, clock: this.#clock, members: this.#members, inbox: this.#inbox },
      {
        layout,
        onInvalid: this.#onInvalid,
        onTooFarBehind: (origin, source) =>
          this.#warn('TOO_FAR_BEHIND', `${source} no longer holds all updates of ${origin} that are missing here`),
      },
    );
    if (exchange.strategy !== 'none') {
      for (const { name } of this.#members.all()) if (this.#introductions.admits(name)) this.#feeds.follow(name);
    }
    this.#emit({ type: 'ready', backend, parameters: layout.size, shardSamples });
    this.#enter('ready');
  }

  /** Waits until all planned peers are here and their feeds open, or until the others train already. */
  async #meetAll(): Promise<void> {
    const { manifest, signal } = this.#init;
    const patience = new AbortController();
    const cancel = this.#clock.after(MEETING_PATIENCE_MS, () => patience.abort());
    const either = AbortSignal.any([signal, patience.signal]);
    while (!either.aborted && !this.#allMet()) await firstRing([this.#members.changes], either);
    cancel();
    if (patience.signal.aborted) {
      this.#warn('PEERS_MISSING', `${this.#members.contributing()} of ${manifest.peers} planned peers came: going on`);
    }
    this.#emit({ type: 'started', members: this.#members.contributing() });
    this.#enter('training');
  }

  #allMet(): boolean {
    const { manifest } = this.#init;
    const live = this.#members.live();
    const shares = manifest.exchange.strategy !== 'none';
    if (shares && !live.every(({ name }) => this.#feeds.reaches(name))) return false;
    const underWay = live.some(({ status }) => status?.state === 'training');
    return underWay || this.#members.contributing() >= manifest.peers;
  }

  /** Round after round until the run is over; see ARCHITECTURE.md for a round's steps. */
  async #train(): Promise<FinishReason> {
    const { manifest, origin, signal } = this.#init;
    const endMs = this.#startMs + manifest.limits.seconds * 1000;
    while (true) {
      if (signal.aborted) return 'asked';
      if (this.#plan.converged(this.#members)) return 'target';
      if (this.#swarm.samples() >= manifest.limits.samples) return 'samples';
      if (this.#clock.nowMs() >= endMs) return 'seconds';
      await this.#waitForSubscribers();
      const startMs = this.#clock.nowMs();
      const output = await this.#replica.round({
        arrived: this.#takeArrived(),
        members: this.#members.contributing(),
        swarmSamples: this.#swarm.samples(),
        delayRounds: this.#delays.delayRounds(),
      });
      this.#delays.round(this.#clock.nowMs() - startMs);
      this.#tally.round(output, this.#clock.nowMs());
      this.#swarm.trained(output.samples);
      this.#reportDrifts(output.drifts);
      if (output.frame !== null) {
        this.#inbox.acceptOwn(origin, output.frame.sequence, output.frame.bytes);
        this.#source.logGrew();
      }
      if (this.#plan.isDue(this.#swarm.samples(), this.#members)) await this.#evaluate();
    }
  }

  /** The staleness bound: while a live subscriber has too many updates still to take, this peer only applies. */
  async #waitForSubscribers(): Promise<void> {
    const { manifest, signal } = this.#init;
    const startMs = this.#clock.nowMs();
    const isLive = (peer: PeerName) => this.#members.isLive(peer);
    while (!signal.aborted && this.#source.backlog(this.#tally.published, isLive) >= manifest.exchange.staleness) {
      if (this.#inbox.waiting > 0) await this.#absorb();
      else await firstRing([this.#inbox.arrivals, this.#source.progress, this.#members.changes], signal);
    }
    this.#tally.blockedMs += this.#clock.nowMs() - startMs;
  }

  async #evaluate(): Promise<void> {
    const swarmSamples = this.#swarm.samples();
    const scores = await this.#plan.evaluate(swarmSamples, (whole) => this.#replica.evaluate(whole));
    for (const score of scores) this.#scored(score, swarmSamples);
    if (this.#plan.confirmed !== null) this.#board.announce();
  }

  #scored(scores: ReplicaScores, swarmSamples: number): void {
    const { accuracy, latentAccuracy, whole, tookMs } = scores;
    const { bytesSent } = this.#network.traffic();
    this.#scores = scores;
    this.#tally.evaluationMs += tookMs;
    this.#emit({
      type: 'evaluation',
      swarmSamples,
      accuracy,
      latentAccuracy,
      whole,
      tookSeconds: tookMs / 1000,
      bytesSent,
    });
    if (!scores.fingerprintHolds) this.#warn('REPLICA_DRIFTED', 'S no longer equals the updates applied to it');
  }

  /** The quiet end; then the last word on how good the replica is. */
  async #finish(reason: FinishReason, info: ReplicaInfo): Promise<PeerReport> {
    const { bytesSent } = this.#network.traffic();
    if (reason === 'target') this.#emit({ type: 'converged', swarmSamples: this.#swarm.samples(), bytesSent });
    this.#emit({ type: 'finishing', reason });
    this.#enter('finishing');
    const covered = await sayFarewell(
      { clock: this.#clock, members: this.#members, inbox: this.#inbox, source: this.#source },
      {
        published: this.#tally.published,
        alone: reason === 'asked',
        absorb: () => this.#absorb(),
        announce: () => this.#board.announce(),
      },
    );
    if (!covered) this.#warn('NOT_COVERED', 'left before every live peer had all updates');
    this.#state = 'left';
    this.#board.stop();
    this.#scored(await this.#replica.evaluate(true), this.#swarm.samples());
    const report = await this.#report(info);
    this.#emit({ type: 'finished', report });
    return report;
  }

  #takeArrived(): ReturnType<Inbox['take']> {
    const nowMs = this.#clock.nowMs();
    return this.#inbox.take((times) => this.#delays.applied(times, nowMs));
  }

  async #absorb(): Promise<void> {
    const arrived = this.#takeArrived();
    this.#inbox.tell(1);
    this.#reportDrifts(await this.#replica.absorb(arrived));
  }

  #arrived(origin: OriginKey, samples: number): void {
    this.#members.published(parseOriginKey(origin).peer, samples);
  }

  #heard(from: PeerName, status: Status): void {
    this.#members.heard(from, status);
    if (status.state !== 'left') this.#introductions.seek(from, status.addresses);
  }

  #enter(state: PeerState): void {
    this.#state = state;
    this.#board.announce();
    this.#members.changes.ring();
  }

  #status(): Status {
    const departing = this.#state === 'finishing' || this.#state === 'left';
    return {
      origin: this.#init.origin,
      state: this.#state,
      samples: this.#swarm.own,
      published: this.#tally.published,
      confirmedAccuracy: this.#plan.confirmed,
      addresses: this.#network.addresses,
      vector: departing ? [...this.#inbox.arrived.entries()] : null,
    };
  }

  #reportProgress(): void {
    if (this.#ended.signal.aborted) return;
    this.#members.suspectSilent();
    this.#emit({ type: 'progress', progress: this.#progress() });
    const cancel = this.#clock.after(PROGRESS_MS, () => this.#reportProgress());
    this.#ended.signal.addEventListener('abort', cancel, { once: true });
  }

  #progress(): Progress {
    const { rounds, published, loss, lookahead } = this.#tally;
    return {
      round: rounds,
      samples: this.#swarm.own,
      swarmSamples: this.#swarm.samples(),
      samplesPerSecond: this.#tally.samplesPerSecond(),
      loss,
      accuracy: this.#scores?.accuracy ?? null,
      latentAccuracy: this.#scores?.latentAccuracy ?? null,
      ...this.#network.traffic(),
      updateAgeSeconds: this.#delays.ageSeconds(),
      published,
      applied: this.#applied(this.#inbox.arrived.entries()),
      members: this.#members.contributing(),
      lookahead,
    };
  }

  async #report({ layout }: ReplicaInfo): Promise<PeerReport> {
    const { rounds, localSteps, published, invalidMessages } = this.#tally;
    const { computeMs, codecMs, evaluationMs, blockedMs } = this.#tally;
    const { vector, fingerprint, fingerprintHolds, replicaBytes } = await this.#replica.snapshot();
    return {
      rounds,
      samples: this.#swarm.own,
      localSteps,
      accuracy: this.#scores!.accuracy,
      latentAccuracy: this.#scores!.latentAccuracy,
      replicaBytes,
      denseBytes: 4 * layout.size,
      computeSeconds: computeMs / 1000,
      codecSeconds: codecMs / 1000,
      evaluationSeconds: evaluationMs / 1000,
      blockedSeconds: blockedMs / 1000,
      ...this.#network.traffic(),
      updateAgeSeconds: this.#delays.ageSeconds(),
      published,
      applied: this.#applied(vector),
      fingerprint,
      fingerprintHolds,
      vector: Object.fromEntries(vector),
      invalidMessages,
    };
  }

  /** Updates applied of each other peer. */
  #applied(vector: Iterable<readonly [OriginKey, number]>): Record<PeerName, number> {
    const { [this.#network.self]: _own, ...others } = sequencesByPeer(vector);
    return others;
  }

  #reportDrifts(drifts: readonly { origin: OriginKey; sequence: number }[]): void {
    for (const { origin, sequence } of drifts) {
      this.#warn('REPLICA_DRIFTED', `what was applied of ${origin} up to ${sequence} is not what it published`);
    }
  }

  readonly #onInvalid = (from: PeerName, problem: string): void => {
    this.#tally.invalidMessages++;
    this.#warn('MESSAGE_INVALID', `dropped a message of ${from}: ${problem}`);
  };

  #warn(code: MurmurError['code'] | string, message: string): void {
    this.#emit({ type: 'warning', code, message });
  }

  #emit(body: EventBody<PeerEvent>): void {
    this.#init.emit({ atMs: this.#clock.nowMs(), peer: this.#network.self, ...body } as PeerEvent);
  }
}
