import { STATUS_MAX_INTERVAL_MS, statusMaxIntervalMs } from '../../protocols/status/constants.ts';
import type { Status } from '../../protocols/status/messages.ts';
import { placeOf } from '../../protocols/updates/scope.ts';
import { MAX_PEERS } from '../../src/manifest.ts';
import type { PeerName } from '../../src/sum/origin.ts';
import type { Clock } from '../../src/support/clock.ts';
import { Doorbell } from '../../src/support/doorbell.ts';
import { contributes, isAwaited, isOlder } from './words.ts';

/** A peer of whom nothing is heard for so many of the longest intervals between statuses is suspected. */
const SILENT_INTERVALS = 3;
/** Where peers are few. */
export const SILENT_AFTER_MS = SILENT_INTERVALS * STATUS_MAX_INTERVAL_MS;

/** Nobody is silent for a longest interval and so much more who is there: time for a status to spread. */
const SPREAD_MS = 2_000;
/** Or for so many times the longest of its late pauses: where a machine is overloaded all are late, and dials are work. */
const QUIET_PAUSES = 1.5;

/**
 * A peer that trains says something in every round, and at intervals beside: of whom nothing is heard for this long, or
 * for three times the longest of its late pauses where those are longer, nobody waits before the next round. Frozen, it
 * holds the others up for no longer; taken for frozen in a long evaluation, it is only not waited for.
 */
export const STALLED_AFTER_MS = 5_000;
const PAUSES = 3;
/** With every word of a peer what counts of its longest pause shrinks to this. */
const KEPT_PAUSE = 0.9;

/**
 * Looks for silent peers that are further apart tell that this one itself stood still, or its machine is overloaded: what
 * others said meanwhile waits to be read, and that time is not held against them.
 */
export const AWAKE_MS = 2_000;

/** Peers kept in mind, gone ones included, for their samples count on. */
export const MAX_MEMBERS = MAX_PEERS;

/** Lost peers that let the next ones go first each time: fewer than are dialled at a time. */
const LOST_TURN = 16;

/** What is known of another peer of the run. */
export interface Member {
  readonly name: PeerName;
  /** Of its name, on the ring. */
  readonly place: number;
  /** Its latest status; null between its hello and the first one. */
  status: Status | null;
  /** Highest count of its samples that it has told. */
  samples: number;
  lastHeardMs: number;
  /** The longest of its late silences. */
  pauseMs: number;
  /** Heard of lately, and not known to be gone. */
  live: boolean;
}

export type MemberChange = 'joined' | 'silent' | 'back' | 'left';

/** Who else is in the run, how far they are, and who has fallen silent. Knows no network: it is told. */
export class Members {
  readonly #clock: Clock;
  readonly #members = new Map<PeerName, Member>();
  /**
   * Statuses of peers that have not said hello, the latest last: anybody can make up names, so they count for nothing
   * until they do.
   */
  readonly #hearsay = new Map<PeerName, Status>();
  #timesLost = 0;
  /** When silent peers were looked for last; null before. */
  #lookedMs: number | null = null;
  readonly #byHearsay: boolean;
  /** Another number whenever other peers are live. */
  generation = 0;
  /** Another number with every status that counts. */
  words = 0;
  /** What `contributing` and `anyTrains` tell, until somebody's state is another one. */
  #counts: { readonly contributing: number; readonly training: number } | null = null;
  readonly #onChange: (member: Member, change: MemberChange) => void;
  /** Rings on every status and every change of who is live. */
  readonly changes = new Doorbell();

  /**
   * @param byHearsay whether peers need no connection: who is heard of is a member, and silent only after a while. Anybody
   *   who may publish on the run's topic can then make up members, as many as are kept in mind.
   */
  constructor(clock: Clock, onChange: (member: Member, change: MemberChange) => void, byHearsay = false) {
    this.#clock = clock;
    this.#byHearsay = byHearsay;
    this.#onChange = (member, change) => {
      this.generation++;
      this.#counts = null;
      onChange(member, change);
    };
  }

  all(): IterableIterator<Member> {
    return this.#members.values();
  }

  get(name: PeerName): Member | undefined {
    return this.#members.get(name);
  }

  isLive(name: PeerName): boolean {
    return this.#members.get(name)?.live ?? false;
  }

  /** Whether the others' rounds wait for it: it trains, and has said something of late. */
  isAwaited(name: PeerName): boolean {
    const member = this.#members.get(name);
    if (!member?.live || !isAwaited(member.status)) return false;
    const patienceMs = Math.min(SILENT_AFTER_MS, Math.max(STALLED_AFTER_MS, PAUSES * member.pauseMs));
    return this.#clock.nowMs() - member.lastHeardMs < patienceMs;
  }

  live(): Member[] {
    return [...this.all()].filter((member) => member.live);
  }

  /** Live peers that train already. Those that only begin have nothing that their feeds do not bring. */
  trainers(): Member[] {
    if (!this.anyTrains()) return [];
    return this.live().filter(({ status }) => status?.state === 'training' && status.samples > 0);
  }

  /** Whether a test holds for all live ones. */
  everyLive(test: (member: Member) => boolean): boolean {
    for (const member of this.all()) if (member.live && !test(member)) return false;
    return true;
  }

  /** Peers whose steps go into the sum at present, this one included. */
  contributing(): number {
    return 1 + this.#counted().contributing;
  }

  /** Whether any other live peer trains. */
  anyTrains(): boolean {
    return this.#counted().training > 0;
  }

  #counted() {
    if (this.#counts === null) {
      const counts = { contributing: 0, training: 0 };
      for (const { live, status } of this.all()) {
        if (!live) continue;
        if (contributes(status)) counts.contributing++;
        if (status?.state === 'training') counts.training++;
      }
      this.#counts = counts;
    }
    return this.#counts;
  }

  /** A peer has said the same manifest's hello, on a connection that stands. False where there is no room for another. */
  admit(name: PeerName): boolean {
    if (!this.#members.has(name) && this.#members.size >= MAX_MEMBERS) return false;
    this.#revive(this.#members.get(name) ?? this.#add(name));
    const status = this.#hearsay.get(name);
    this.#hearsay.delete(name);
    if (status !== undefined) this.heard(name, status);
    this.changes.ring();
    return true;
  }

  /** The last connection to a peer is gone: what it has to say must come another way. */
  disconnected(name: PeerName): void {
    const member = this.#members.get(name);
    if (member?.live && !this.#byHearsay) this.#suspect(member);
    else this.changes.ring();
  }

  /** A status came by gossip. Of a peer that has not said hello it is kept until then, and counts for nothing. */
  heard(name: PeerName, status: Status): void {
    const isWelcome = this.#byHearsay && status.state !== 'left' && this.#members.size < MAX_MEMBERS;
    const member = this.#members.get(name) ?? (isWelcome ? this.#add(name) : undefined);
    if (member === undefined) {
      this.#noteHearsay(name, status);
      return;
    }
    if (member.status !== null && isOlder(status, member.status)) return;
    if (member.status?.state !== status.state) this.#counts = null;
    member.status = status;
    this.words++;
    member.samples = Math.max(member.samples, status.samples);
    this.#noteHeard(member);
    if (status.state === 'left') {
      member.live = false;
      this.#onChange(member, 'left');
    } else {
      this.#revive(member);
    }
    this.changes.ring();
  }

  /** A peer itself has sent something. */
  seen(name: PeerName): void {
    const member = this.#members.get(name);
    if (member !== undefined) this.#noteHeard(member);
  }

  /** Suspects whoever has been silent for too long, and rings where somebody is not awaited any more. Call at intervals. */
  suspectSilent(): void {
    this.#forgiveSleep();
    const oldestMs = this.#clock.nowMs() - SILENT_INTERVALS * this.#intervalMs;
    for (const member of this.all()) if (member.live && member.lastHeardMs < oldestMs) this.#suspect(member);
    for (const member of this.all()) {
      if (!member.live || !isAwaited(member.status) || this.isAwaited(member.name)) continue;
      this.changes.ring();
      return;
    }
  }

  /**
   * Peers that are gone without having said so, with where they could be reached: after a partition nobody else dials.
   * Each time another one comes first, as not all may be dialled at once.
   */
  lost(): { readonly name: PeerName; readonly addresses: readonly string[] }[] {
    const lost = [...this.all()].flatMap(({ name, live, status }) =>
      live || status === null || status.state === 'left' ? [] : [{ name, addresses: status.addresses }],
    );
    const first = lost.length === 0 ? 0 : (LOST_TURN * this.#timesLost++) % lost.length;
    return [...lost.slice(first), ...lost.slice(0, first)];
  }

  /** Live peers of whom nothing was heard though they should have spoken: whether they are there a dial tells sooner. */
  quiet(): { readonly name: PeerName; readonly addresses: readonly string[] }[] {
    const quiet = this.live().filter((member) => this.#isQuiet(member));
    quiet.sort((a, b) => a.lastHeardMs - b.lastHeardMs);
    return quiet.map(({ name, status }) => ({ name, addresses: status?.addresses ?? [] }));
  }

  /** A dial has found nobody: who is quiet as well is gone. Others may be out of reach, and speak through their neighbours. */
  unreachable(name: PeerName): void {
    const member = this.#members.get(name);
    if (this.#byHearsay && member?.live && this.#isQuiet(member)) this.#suspect(member);
  }

  #forgiveSleep(): void {
    const nowMs = this.#clock.nowMs();
    const sleptMs = nowMs - (this.#lookedMs ?? nowMs) - AWAKE_MS;
    this.#lookedMs = nowMs;
    if (sleptMs <= 0) return;
    for (const member of this.all()) member.lastHeardMs = Math.min(nowMs, member.lastHeardMs + sleptMs);
  }

  #isQuiet({ lastHeardMs, pauseMs }: Member): boolean {
    return this.#clock.nowMs() - lastHeardMs > Math.max(this.#intervalMs + SPREAD_MS, QUIET_PAUSES * pauseMs);
  }

  /** The longest between two statuses of a peer, in a swarm of all that are known. */
  get #intervalMs(): number {
    return statusMaxIntervalMs(this.#members.size + 1);
  }

  /** Without the vector, which takes most of a status, and at the cost of whoever has said nothing for longest. */
  #noteHearsay(name: PeerName, status: Status): void {
    this.#hearsay.delete(name);
    this.#hearsay.set(name, { ...status, vector: null });
    if (this.#hearsay.size > MAX_PEERS) this.#hearsay.delete(this.#hearsay.keys().next().value!);
  }

  #noteHeard(member: Member): void {
    const nowMs = this.#clock.nowMs();
    member.pauseMs = Math.max(nowMs - member.lastHeardMs, KEPT_PAUSE * member.pauseMs);
    member.lastHeardMs = nowMs;
  }

  #add(name: PeerName): Member {
    const lastHeardMs = this.#clock.nowMs();
    const member: Member = {
      name,
      place: placeOf(name),
      status: null,
      samples: 0,
      lastHeardMs,
      pauseMs: 0,
      live: true,
    };
    this.#members.set(name, member);
    this.#onChange(member, 'joined');
    return member;
  }

  #revive(member: Member): void {
    member.lastHeardMs = this.#clock.nowMs();
    if (member.live) return;
    member.live = true;
    this.#onChange(member, 'back');
  }

  #suspect(member: Member): void {
    member.live = false;
    this.#onChange(member, 'silent');
    this.changes.ring();
  }
}
