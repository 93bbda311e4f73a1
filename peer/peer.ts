import { Hello } from '../protocols/hello/hello.ts';
import type { Network } from '../protocols/network.ts';
import { statusTopic } from '../protocols/status/constants.ts';
import type { PeerState, Status } from '../protocols/status/messages.ts';
import { StatusBoard } from '../protocols/status/status-board.ts';
import { UpdateSource } from '../protocols/updates/update-source.ts';
import { type Manifest, manifestDigest, manifestDigests } from '../src/manifest.ts';
import { outlineOf } from '../src/models/outline.ts';
import { latticeUnit } from '../src/sum/lattice.ts';
import { type OriginKey, peerOf } from '../src/sum/origin.ts';
import { UpdateLog } from '../src/sum/update-log.ts';
import type { Clock } from '../src/support/clock.ts';
import { type Books, progressOf, reportOf } from './accounts.ts';
import { Chores } from './chores.ts';
import { DelayMeter } from './delay-meter.ts';
import { DirectFeeds } from './direct-feeds.ts';
import { EvaluationPlan } from './evaluation-plan.ts';
import type { PeerEvent, PeerReport } from './events.ts';
import { sayFarewell } from './farewell.ts';
import { Inbox } from './inbox.ts';
import { Introductions } from './introductions.ts';
import { Members } from './members.ts';
import { Narrator } from './narrator.ts';
import { Rendezvous } from './rendezvous.ts';
import type { ReplicaHost, ReplicaScores } from './replica/replica-host.ts';
import { type FinishReason, RoundLoop } from './round-loop.ts';
import { SwarmClock } from './swarm-clock.ts';
import { Tally } from './tally.ts';

/** Frames of all origins that are kept to serve others: an hour of four peers at 20 kB/s each. */
const LOG_BYTES = 256 * 2 ** 20;
/** Between two looks at who is silent and what is untold: short beside the patience of a peer that wants to leave. */
const HOUSEKEEPING_MS = 1_000;
/** Between two progress events: a live view needs no more. */
const PROGRESS_MS = 1_000;

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
 * One peer of a run, on its network thread: composes the parts, and leads them through the peer's life. All clocks,
 * sockets and mathematics come from outside, so the same code runs on virtual time.
 */
export class Peer {
  readonly #init: PeerInit;
  readonly #network: Network;
  readonly #clock: Clock;
  readonly #replica: ReplicaHost;
  readonly #parameters: number;
  readonly #narrator: Narrator;
  readonly #members: Members;
  readonly #introductions: Introductions;
  readonly #source: UpdateSource;
  readonly #inbox: Inbox;
  /** Null where nothing is exchanged. */
  readonly #feeds: DirectFeeds | null;
  readonly #board: StatusBoard;
  readonly #plan: EvaluationPlan;
  readonly #books: Books;
  readonly #overtime = new AbortController();
  readonly #chores: Chores;
  #state: PeerState = 'joining';
  #scores: ReplicaScores | null = null;

  /** Registers its protocols on the network; nothing else happens before `run`. Throws CONFIG_INVALID. */
  constructor({ network, clock, replica }: PeerComponents, init: PeerInit) {
    const { manifest, shard, origin, emit } = init;
    const { layout } = outlineOf(manifest.model.topology);
    const shares = manifest.exchange.strategy !== 'none';
    const log = new UpdateLog(LOG_BYTES);
    this.#init = init;
    this.#network = network;
    this.#clock = clock;
    this.#chores = new Chores(clock);
    this.#replica = replica;
    this.#parameters = layout.size;
    this.#narrator = new Narrator(clock, { self: network.self, emit });
    const onInvalid = this.#narrator.invalid;
    this.#members = new Members(clock, ({ name }, state) => {
      this.#narrator.say({ type: 'member', member: name, state });
      // Whoever is new has missed this peer's earlier statuses.
      if (state === 'joined') this.#board.announce();
    });
    const members = this.#members;
    this.#introductions = new Introductions(
      { network, clock, members, hello: new Hello({ network, clock }, manifestDigests(manifest)) },
      {
        onAdmitted: (peer) => this.#feeds?.follow(peer),
        onRefused: (peer, error) => this.#narrator.warn(error.code, `turned away ${peer}: ${error.message}`),
      },
    );
    const admits = (peer: string) => this.#introductions.admits(peer);
    this.#source = new UpdateSource({ network, log }, { origin, admits, onInvalid });
    this.#inbox = new Inbox(
      { clock, log },
      {
        layout,
        unit: latticeUnit(manifest.exchange.latticeBits),
        onArrival: (from, { samples }, source) => {
          members.trained(peerOf(from), samples);
          members.seen(source);
        },
      },
    );
    const inbox = this.#inbox;
    const tellEvery = Math.max(1, Math.floor(manifest.exchange.staleness / 4));
    const onTooFarBehind = (of: OriginKey, source: string) =>
      this.#narrator.warn('TOO_FAR_BEHIND', `${source} no longer holds all updates of ${of} that are missing here`);
    this.#feeds = shares
      ? new DirectFeeds({ network, clock, members, inbox }, { layout, tellEvery, onInvalid, onTooFarBehind })
      : null;
    this.#board = new StatusBoard(
      { network, clock },
      {
        topic: statusTopic(manifestDigest(manifest)),
        compose: () => this.#status(),
        receive: (from, status) => this.#heard(from, status),
        onInvalid,
      },
    );
    this.#plan = new EvaluationPlan(manifest, shard);
    const swarm = new SwarmClock(members, shares ? null : manifest.peers, manifest.limits.samples);
    this.#books = { network, members, inbox, swarm, delays: new DelayMeter(), tally: new Tally() };
  }

  /**
   * The peer's whole life. Throws ADDRESS_UNAVAILABLE, JOIN_FAILED, MANIFEST_MISMATCH, and what `ReplicaHost.start`
   * throws; whatever happens, everything that was started is stopped.
   */
  async run(): Promise<PeerReport> {
    const { manifest, signal } = this.#init;
    const cancel = this.#clock.after(manifest.limits.seconds * 1000, () => this.#overtime.abort());
    try {
      await this.#network.start();
      this.#narrator.say({ type: 'listening', addresses: this.#network.addresses });
      this.#board.start();
      this.#chores.every(HOUSEKEEPING_MS, () => {
        this.#members.suspectSilent();
        // A peer that wants to leave waits for this one's word.
        this.#inbox.tell();
      });
      await this.#meet();
      this.#chores.every(PROGRESS_MS, () =>
        this.#narrator.say({ type: 'progress', progress: progressOf(this.#books, this.#scores) }),
      );
      const loop = new RoundLoop(
        {
          ...this.#books,
          clock: this.#clock,
          replica: this.#replica,
          source: this.#source,
          plan: this.#plan,
          narrator: this.#narrator,
        },
        {
          manifest,
          origin: this.#init.origin,
          overtime: this.#overtime.signal,
          signal,
          onScores: (...scored) => this.#scored(...scored),
        },
      );
      const reason = await loop.run();
      await this.#leave(reason, loop);
      return await this.#finish();
    } finally {
      cancel();
      this.#chores.stop();
      this.#state = 'left';
      this.#board.stop();
      this.#introductions.stop();
      this.#source.stop();
      try {
        await this.#feeds?.stop();
      } finally {
        await Promise.all([this.#network.stop(), this.#replica.stop()]);
      }
    }
  }

  /** Loads the replica while joining the others, and waits until all are there. */
  async #meet(): Promise<void> {
    const { manifest, join, signal } = this.#init;
    const members = this.#members;
    const rendezvous = new Rendezvous(
      { network: this.#network, clock: this.#clock, members, introductions: this.#introductions, feeds: this.#feeds },
      AbortSignal.any([signal, this.#overtime.signal]),
    );
    const [info] = await Promise.all([this.#replica.start(), rendezvous.join(join)]);
    this.#narrator.say({ type: 'ready', parameters: this.#parameters, ...info });
    this.#enter('ready');
    if (!(await rendezvous.meetAll(manifest.peers))) {
      this.#narrator.warn(
        'PEERS_MISSING',
        `${members.contributing()} of ${manifest.peers} planned peers came: going on`,
      );
    }
    this.#narrator.say({ type: 'started', members: members.contributing() });
    this.#enter('training');
  }

  /** The quiet end: nobody goes before everyone has everything, or patience ends. */
  async #leave(reason: FinishReason, loop: RoundLoop): Promise<void> {
    const { tally, swarm } = this.#books;
    if (reason === 'target') this.#sayConverged();
    this.#narrator.say({ type: 'finishing', reason });
    this.#enter('finishing');
    const covered = await sayFarewell(
      { clock: this.#clock, members: this.#members, inbox: this.#inbox, source: this.#source },
      {
        published: tally.published,
        alone: reason === 'asked',
        absorb: () => loop.absorb(),
        announce: () => this.#board.announce(),
      },
    );
    if (!covered) this.#narrator.warn('NOT_COVERED', 'left before every live peer had all updates');
    // The others' last judgements may have come while this peer lingered.
    const limited = reason === 'samples' || reason === 'seconds';
    if (limited && this.#plan.converged(this.#members, swarm.samples())) this.#sayConverged();
    this.#state = 'left';
    this.#board.stop();
  }

  #sayConverged(): void {
    const { bytesSent } = this.#network.traffic();
    this.#narrator.say({ type: 'converged', swarmSamples: this.#books.swarm.samples(), bytesSent });
  }

  /** The last word on how good the replica is. */
  async #finish(): Promise<PeerReport> {
    const scores = await this.#replica.evaluate('final');
    this.#scored(scores, this.#books.swarm.samples());
    const snapshot = await this.#replica.snapshot();
    const report = reportOf(this.#books, scores, snapshot, this.#narrator.invalidMessages);
    this.#narrator.say({ type: 'finished', report });
    return report;
  }

  #scored(scores: ReplicaScores, swarmSamples: number): void {
    const { accuracy, latentAccuracy, whole, tookMs } = scores;
    const { bytesSent } = this.#network.traffic();
    this.#scores = scores;
    this.#books.tally.evaluationMs += tookMs;
    const tookSeconds = tookMs / 1000;
    this.#narrator.say({ type: 'evaluation', swarmSamples, accuracy, latentAccuracy, whole, tookSeconds, bytesSent });
    if (!scores.fingerprintHolds) {
      this.#narrator.warn('REPLICA_DRIFTED', 'S no longer equals the updates applied to it');
    }
    // Others wait for this peer's confirmation.
    if (whole) this.#board.announce();
  }

  #heard(from: string, status: Status): void {
    this.#members.heard(from, status);
    const admitted = this.#members.get(from) !== undefined;
    // Somebody who has left may be known to others alone.
    for (const [origin] of (admitted && status.vector) || []) {
      if (peerOf(origin) !== this.#network.self) this.#feeds?.follow(peerOf(origin));
    }
    if (status.state !== 'left') this.#introductions.seek(from, status.addresses);
  }

  #enter(state: PeerState): void {
    this.#state = state;
    this.#board.announce();
    this.#members.changes.ring();
  }

  #status(): Status {
    const { swarm, tally } = this.#books;
    const departing = this.#state === 'finishing' || this.#state === 'left';
    return {
      origin: this.#init.origin,
      state: this.#state,
      samples: swarm.own,
      published: tally.published,
      confirmedAtSamples: this.#plan.confirmedAtSamples,
      addresses: this.#network.addresses,
      vector: departing ? [...this.#inbox.taken.entries()] : null,
    };
  }
}
