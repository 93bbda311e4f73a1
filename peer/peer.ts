import { Hello } from '../protocols/hello/hello.ts';
import type { Network } from '../protocols/network.ts';
import { statusTopic } from '../protocols/status/constants.ts';
import type { decodeStatus, PeerState, Status } from '../protocols/status/messages.ts';
import { StatusBoard } from '../protocols/status/status-board.ts';
import type { UpdateReader } from '../protocols/updates/update-reader.ts';
import { isGossip, type Manifest, manifestDigest, manifestDigests } from '../src/manifest.ts';
import { outlineOf } from '../src/models/outline.ts';
import type { Identity } from '../src/sum/identity.ts';
import type { Clock } from '../src/support/clock.ts';
import type { CheckpointStore } from './checkpoint/checkpoint-store.ts';
import { Checkpoints, DEFAULT_CHECKPOINT_SECONDS } from './checkpoint/checkpoints.ts';
import { Chores } from './chores.ts';
import type { MemoryUse, PeerEvent, PeerReport } from './events.ts';
import { Exchange } from './exchange/exchange.ts';
import { sayFarewell } from './farewell.ts';
import { Introductions } from './membership/introductions.ts';
import { type Member, type MemberChange, Members } from './membership/members.ts';
import { Neighbours } from './membership/neighbours.ts';
import { Rendezvous } from './membership/rendezvous.ts';
import { Narrator } from './narrator.ts';
import { type Books, progressIntervalMs, progressOf, reportOf, statusOf } from './progress/accounts.ts';
import { DelayMeter } from './progress/delay-meter.ts';
import { EvaluationPlan } from './progress/evaluation-plan.ts';
import { Scoreboard } from './progress/scoreboard.ts';
import { SwarmClock } from './progress/swarm-clock.ts';
import { Tally } from './progress/tally.ts';
import type { ReplicaHost, ReplicaInfo, ReplicaScores } from './replica/replica-host.ts';
import { type FinishReason, RoundLoop } from './round-loop.ts';

/** Between two looks at who is silent and what is untold: short beside the patience of a peer that wants to leave. */
const HOUSEKEEPING_MS = 1_000;

export interface PeerComponents {
  readonly network: Network;
  readonly clock: Clock;
  readonly replica: ReplicaHost;
  /** Memory of the peer's process; left out where another peer tells it. */
  readonly memory?: () => MemoryUse;
  /** Where the peer's checkpoints are kept; left out, none are made. */
  readonly checkpoints?: CheckpointStore;
  /** These read what others send; left out, a reader of its own, and `decodeStatus`. */
  readonly reader?: UpdateReader;
  readonly readStatus?: typeof decodeStatus;
}

export interface PeerInit {
  readonly manifest: Manifest;
  readonly shard: number;
  readonly identity: Identity;
  /** Addresses of peers that are in the run already. */
  readonly join: readonly string[];
  readonly emit: (event: PeerEvent) => void;
  /** Asks the peer to finish early. */
  readonly signal: AbortSignal;
  /** Memory for updates that others may still need; left out, `defaultLogBytes`. */
  readonly logBytes?: number | undefined;
  /** Left out, `DEFAULT_CHECKPOINT_SECONDS`. */
  readonly checkpointSeconds?: number | undefined;
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
  readonly #neighbours: Neighbours;
  readonly #exchange: Exchange;
  readonly #checkpoints: Checkpoints;
  readonly #loop: RoundLoop;
  readonly #board: StatusBoard;
  readonly #plan: EvaluationPlan;
  readonly #books: Books;
  readonly #scoreboard: Scoreboard;
  readonly #overtime = new AbortController();
  readonly #chores: Chores;
  #state: PeerState = 'joining';

  /** Registers its protocols on the network; nothing else happens before `run`. Throws CONFIG_INVALID. */
  constructor({ network, clock, replica, memory, checkpoints, reader, readStatus }: PeerComponents, init: PeerInit) {
    const { manifest, shard, identity, emit } = init;
    const { layout } = outlineOf(manifest.model.topology);
    this.#init = init;
    this.#network = network;
    this.#clock = clock;
    this.#chores = new Chores(clock);
    this.#replica = replica;
    this.#parameters = layout.size;
    this.#narrator = new Narrator(clock, { self: network.self, emit });
    const onInvalid = (peer: string, problem: string) => {
      this.#narrator.invalid(peer, problem);
      this.#introductions.offended(peer);
    };
    const gossips = isGossip(manifest);
    const onChange = ({ name }: Member, state: MemberChange) => {
      this.#narrator.say({ type: 'member', member: name, state });
      // Whoever is new, or was away, has missed the earlier ones. Among many it waits for the next: all at once are a storm.
      if (!gossips && (state === 'joined' || state === 'back')) this.#board.announce();
    };
    this.#members = new Members(clock, onChange, gossips);
    const members = this.#members;
    this.#introductions = new Introductions(
      { network, clock, members, hello: new Hello({ network, clock }, manifestDigests(manifest)) },
      {
        isFormer: (origin) => identity.isFormer(origin),
        dialsAll: !gossips,
        onAdmitted: (peer) => this.#exchange.feeds?.follow(peer),
        onMentioned: (origin, sequence) => this.#exchange.told(origin, sequence),
        onRefused: (peer, error) => this.#narrator.warn(error.code, `turned away ${peer}: ${error.message}`),
        onShunned: (peer) => this.#narrator.warn('PEER_SHUNNED', `${peer} breaks the protocols: let alone for a while`),
      },
    );
    const shares = manifest.exchange.strategy !== 'none';
    const swarm = new SwarmClock(members, shares ? null : manifest.peers, manifest.limits.samples);
    const [narrator, introductions] = [this.#narrator, this.#introductions];
    const exchange = new Exchange(
      { network, clock, replica, identity, members, introductions, swarm, narrator, reader },
      { manifest, layout, logBytes: init.logBytes, onInvalid },
    );
    this.#exchange = exchange;
    this.#neighbours = new Neighbours({ network, clock, members, introductions, exchange }, init.join);
    this.#board = new StatusBoard(
      { network, clock },
      {
        topic: statusTopic(manifestDigest(manifest)),
        compose: () => this.#status(),
        peers: () => members.contributing(),
        knows: (peer) => members.get(peer) !== undefined,
        receive: (from, status) => this.#introductions.heard(from, status),
        decode: readStatus,
        onInvalid,
      },
    );
    this.#plan = new EvaluationPlan(manifest, shard);
    const meters = { delays: new DelayMeter(), tally: new Tally(), memory: memory ?? null };
    const { inbox, log, feeds, source, catchUp } = exchange;
    this.#books = { network, members, inbox, log, feeds, swarm, ...meters };
    this.#scoreboard = new Scoreboard(this.#books, this.#narrator);
    this.#checkpoints = new Checkpoints(
      { clock, replica, store: checkpoints ?? null, swarm, tally: meters.tally, narrator },
      {
        manifest: manifestDigest(manifest),
        peer: identity.peer,
        shard,
        parameters: layout.size,
        everyMs: 1000 * (init.checkpointSeconds ?? DEFAULT_CHECKPOINT_SECONDS),
      },
    );
    this.#loop = new RoundLoop(
      { ...this.#books, clock, replica, source, catchUp, checkpoints: this.#checkpoints, plan: this.#plan, narrator },
      {
        manifest,
        parameters: layout.size,
        identity,
        overtime: this.#overtime.signal,
        signal: init.signal,
        onScores: (...scored) => this.#scored(...scored),
      },
    );
  }

  /**
   * The peer's whole life. Throws ADDRESS_UNAVAILABLE, JOIN_FAILED, MANIFEST_MISMATCH, and what `ReplicaHost.start`
   * throws; whatever happens, everything that was started is stopped.
   */
  async run(): Promise<PeerReport> {
    const { manifest } = this.#init;
    const cancel = this.#clock.after(manifest.limits.seconds * 1000, () => this.#overtime.abort());
    try {
      await this.#network.start();
      this.#narrator.say({ type: 'listening', shard: this.#init.shard, addresses: this.#network.addresses });
      this.#board.start();
      this.#chores.every(HOUSEKEEPING_MS, () => {
        this.#members.suspectSilent();
        this.#neighbours.tend();
        // A peer that wants to leave waits for this one's word.
        this.#exchange.inbox.tell();
      });
      await this.#meet();
      this.#chores.every(progressIntervalMs(manifest.peers), () =>
        this.#narrator.say({ type: 'progress', progress: progressOf(this.#books, this.#scoreboard.latest) }),
      );
      await this.#leave(await this.#loop.run());
      return await this.#finish();
    } finally {
      cancel();
      this.#chores.stop();
      this.#state = 'left';
      this.#board.stop();
      this.#introductions.stop();
      try {
        await this.#exchange.stop();
      } finally {
        await Promise.all([this.#network.stop(), this.#replica.stop(), this.#checkpoints.written()]);
      }
    }
  }

  /** Loads the replica while joining the others, waits until all are there, and until it is where they are. */
  async #meet(): Promise<void> {
    const { manifest, join, signal } = this.#init;
    const members = this.#members;
    const either = AbortSignal.any([signal, this.#overtime.signal]);
    const { feeds, catchUp } = this.#exchange;
    const rendezvous = new Rendezvous(
      { network: this.#network, clock: this.#clock, members, introductions: this.#introductions, feeds },
      { planned: manifest.peers, byHearsay: isGossip(manifest), signal: either },
    );
    const [{ backend, shardSamples }] = await Promise.all([this.#startReplica(), rendezvous.join(join)]);
    this.#narrator.say({ type: 'ready', parameters: this.#parameters, backend, shardSamples });
    const ready = (level: boolean) => {
      if (level) catchUp?.levelled();
      this.#enter('ready');
    };
    if (!(await rendezvous.meetAll(ready))) {
      this.#narrator.warn(
        'PEERS_MISSING',
        `${members.contributing()} of ${manifest.peers} planned peers came: going on`,
      );
    }
    if (!((await catchUp?.reachSwarm(() => this.#loop.absorb(), either)) ?? true)) {
      this.#narrator.warn('TOO_FAR_BEHIND', 'has not all that the others have: going on');
    }
    this.#narrator.say({ type: 'started', members: members.contributing() });
    this.#enter('training');
  }

  async #startReplica(): Promise<ReplicaInfo> {
    const info = await this.#checkpoints.startReplica();
    this.#exchange.begin(info.vector);
    return info;
  }

  /** The quiet end: nobody goes before everyone has everything, or patience ends. */
  async #leave(reason: FinishReason): Promise<void> {
    const { swarm } = this.#books;
    const { inbox, source, catchUp } = this.#exchange;
    catchUp?.hurry();
    if (reason === 'target') this.#scoreboard.converged();
    this.#narrator.say({ type: 'finishing', reason });
    this.#enter('finishing');
    const covered = await sayFarewell(
      { clock: this.#clock, members: this.#members, inbox, source },
      {
        planned: this.#init.manifest.peers,
        published: () => this.#exchange.published,
        alone: reason === 'asked',
        relayed: this.#exchange.fingers !== null,
        waiting: () => this.#loop.waiting,
        absorb: () => this.#loop.absorb(),
        announce: () => this.#board.announce(),
      },
    );
    if (!covered) this.#narrator.warn('NOT_COVERED', 'left before every live peer had all updates');
    // The others' last judgements may have come while this peer lingered.
    const limited = reason === 'samples' || reason === 'seconds';
    if (limited && this.#plan.converged(this.#members, swarm.samples())) this.#scoreboard.converged();
    this.#state = 'left';
    this.#board.stop();
  }

  /** The last word on how good the replica is. */
  async #finish(): Promise<PeerReport> {
    const scores = await this.#replica.evaluate('final');
    this.#scored(scores, this.#books.swarm.samples());
    await this.#checkpoints.now();
    const report = reportOf(this.#books, scores, await this.#replica.snapshot(), this.#narrator.invalidMessages);
    this.#narrator.say({ type: 'finished', report });
    return report;
  }

  #scored(scores: ReplicaScores, swarmSamples: number): void {
    this.#scoreboard.scored(scores, swarmSamples);
    if (!scores.fingerprintHolds) this.#exchange.catchUp?.heal();
    // Others wait for this peer's confirmation.
    if (scores.whole) this.#board.announce();
  }

  #enter(state: PeerState): void {
    this.#state = state;
    this.#board.announce();
    this.#members.changes.ring();
  }

  #status(): Status {
    const { published, fingers } = this.#exchange;
    const { confirmedAtSamples } = this.#plan;
    const told = { origin: this.#init.identity.origin, state: this.#state, published, confirmedAtSamples };
    return statusOf(this.#books, told, fingers === null);
  }
}
