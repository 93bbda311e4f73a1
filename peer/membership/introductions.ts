import type { Hello } from '../../protocols/hello/hello.ts';
import type { Network } from '../../protocols/network.ts';
import type { Status } from '../../protocols/status/messages.ts';
import { type OriginKey, type PeerName, peerOf } from '../../src/sum/origin.ts';
import type { Clock } from '../../src/support/clock.ts';
import { isFailure, MurmurError } from '../../src/support/errors.ts';
import { Conduct } from './conduct.ts';
import { MAX_MEMBERS, type Members } from './members.ts';

/** The peer with the lower name dials first; the other tries this much later, in case only it can reach the first. */
const SECOND_DIAL_MS = 2_000;
/** Before a hello that got lost is asked for again; doubles while none comes, up to a minute. */
const REGREET_MS = 1_000;
const MAX_REGREET_MS = 60_000;
/** Peers dialled at a time from hearsay, which anybody can make up. */
const MAX_DIALLING = 64;
/**
 * Peers that are followed on the word of others, for they left before this one came: each costs a subscription now and
 * then at everyone else, and names are free to make up.
 */
export const MAX_MENTIONED = 64;
/** Of these, such as were dialled in vain before: however many are not there, newcomers are dialled, too. */
const MAX_REDIALLING = 32;
/** Between two attempts to dial the same peer. */
const REDIAL_MS = 3_000;
/** Peers remembered as dialled in vain: names are free to make up, so the longest untried goes for a newer one. */
const MAX_VAIN = MAX_MEMBERS;

export interface IntroductionsInit {
  /** Whether it is an origin under which this peer no longer publishes. */
  readonly isFormer: (origin: OriginKey) => boolean;
  /** Whether everybody is to be connected, and so is dialled when heard of. */
  readonly dialsAll: boolean;
  readonly onAdmitted: (peer: PeerName) => void;
  /** An admitted peer holds so many updates of one that may have left before this one came, or of this one's former processes. */
  readonly onMentioned: (origin: OriginKey, sequence: number) => void;
  /** A peer was turned away, with the reason. */
  readonly onRefused: (peer: PeerName, error: MurmurError) => void;
  /** A peer is not talked to for `SHUN_MS`, for it has broken the protocols too often. */
  readonly onShunned: (peer: PeerName) => void;
}

/** How peers come to know each other: a hello on every connection, and a dial to whoever is known from hearsay alone. */
export class Introductions {
  readonly #network: Network;
  readonly #hello: Hello;
  readonly #clock: Clock;
  readonly #members: Members;
  readonly #init: IntroductionsInit;
  readonly #conduct: Conduct;
  /** Hellos in a row that each connected peer has not answered. */
  readonly #unanswered = new Map<PeerName, number>();
  readonly #mentioned = new Set<PeerName>();
  readonly #admitted = new Set<PeerName>();
  readonly #meeting = new Map<PeerName, Promise<void>>();
  readonly #dialling = new Set<PeerName>();
  /** Dialled in vain when they were last, the latest last. */
  readonly #vain = new Set<PeerName>();
  /** Of each peer that is to be asked for its hello again, what takes that back. */
  readonly #regreets = new Map<PeerName, () => void>();
  readonly #timers = new Set<() => void>();
  #stopped = false;

  /** Listens for connections: create it before the network starts. */
  constructor(components: { network: Network; hello: Hello; clock: Clock; members: Members }, init: IntroductionsInit) {
    this.#network = components.network;
    this.#hello = components.hello;
    this.#clock = components.clock;
    this.#members = components.members;
    this.#init = init;
    this.#conduct = new Conduct(components.clock);
    this.#network.onConnection((peer, connected) => {
      if (connected) this.#vain.delete(peer);
      if (!connected) this.#forget(peer);
      else if (this.#conduct.met(peer)) this.#shun(peer);
      else if (this.#conduct.shuns(peer)) this.#network.disconnect(peer);
      else this.#introduce(peer);
    });
  }

  admits(peer: PeerName): boolean {
    return this.#admitted.has(peer);
  }

  /** A message of `peer` broke its format or its protocol; after too many it is sent away. */
  offended(peer: PeerName): void {
    if (this.#conduct.offended(peer)) this.#shun(peer);
  }

  /** Asks a connected peer which run it is in, and admits it. Throws what `Hello.greet` throws. */
  meet(peer: PeerName): Promise<void> {
    const meeting = this.#meeting.get(peer) ?? this.#greet(peer).finally(() => this.#meeting.delete(peer));
    this.#meeting.set(peer, meeting);
    return meeting;
  }

  async #greet(peer: PeerName): Promise<void> {
    await this.#hello.greet(peer);
    if (this.#admitted.has(peer) || !this.#network.connected.has(peer)) return;
    if (!this.#members.admit(peer)) {
      const problem = `is one more than the ${MAX_MEMBERS} that are kept in mind`;
      throw new MurmurError({ code: 'MESSAGE_INVALID', message: 'hello', field: 'peer', problem });
    }
    this.#admitted.add(peer);
    this.#unanswered.delete(peer);
    this.#init.onAdmitted(peer);
  }

  /** A status came by gossip: its author may be new here, and so may those be whose updates it holds. */
  heard(from: PeerName, status: Status): void {
    if (this.#conduct.shuns(from)) return;
    this.#members.heard(from, status);
    if (this.#members.get(from) !== undefined) for (const entry of status.vector ?? []) this.mention(...entry);
    if (this.#init.dialsAll && status.state !== 'left') this.seek(from, status.addresses);
  }

  /**
   * An admitted peer holds so many updates of an origin. What a former process of this peer published, and nobody else
   * brings, it has to ask for itself.
   */
  mention(origin: OriginKey, sequence: number): void {
    const peer = peerOf(origin);
    if (peer === this.#network.self ? !this.#init.isFormer(origin) : !this.#isWelcome(peer)) return;
    this.#init.onMentioned(origin, sequence);
  }

  /** Whether it is a member, or among the few others that are followed on the word of others. */
  #isWelcome(peer: PeerName): boolean {
    if (this.#members.get(peer) !== undefined) return true;
    if (this.#mentioned.size < MAX_MENTIONED) this.#mentioned.add(peer);
    return this.#mentioned.has(peer);
  }

  /** Dials a peer that is known only from its status. */
  seek(peer: PeerName, addresses: readonly string[]): void {
    if (this.#stopped || this.#dialling.size >= MAX_DIALLING) return;
    if (this.#dialling.has(peer) || this.#network.connected.has(peer) || this.#conduct.shuns(peer)) return;
    if (this.#vain.has(peer) && this.#redialling() >= MAX_REDIALLING) return;
    this.#dialling.add(peer);
    const waitMs = this.#network.self < peer ? 0 : SECOND_DIAL_MS;
    this.#after(waitMs, () => void this.#dial(peer, addresses));
  }

  /** Whether a peer is being dialled, or was until a moment ago. */
  seeks(peer: PeerName): boolean {
    return this.#dialling.has(peer);
  }

  /** Whether a peer was dialled in vain when it was last. */
  missed(peer: PeerName): boolean {
    return this.#vain.has(peer);
  }

  /** Dials addresses, whoever is there. */
  call(addresses: readonly string[]): void {
    for (const address of addresses) this.seek(address, [address]);
  }

  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#timers) cancel();
  }

  async #dial(peer: PeerName, addresses: readonly string[]): Promise<void> {
    for (const address of addresses) {
      if (this.#stopped || this.#network.connected.has(peer)) break;
      try {
        await this.#network.dial(address);
      } catch (error) {
        // Addresses come from others: a bad one is no failure of ours. The next status brings them again.
        if (!isFailure(error)) throw error;
      }
    }
    if (!this.#network.connected.has(peer)) {
      this.#noteVain(peer);
      this.#members.unreachable(peer);
    }
    this.#after(REDIAL_MS, () => this.#dialling.delete(peer));
  }

  #noteVain(peer: PeerName): void {
    this.#vain.delete(peer);
    this.#vain.add(peer);
    if (this.#vain.size > MAX_VAIN) this.#vain.delete(this.#vain.keys().next().value!);
  }

  #redialling(): number {
    return [...this.#dialling].filter((peer) => this.#vain.has(peer)).length;
  }

  /** Returns what takes it back. */
  #after(delayMs: number, action: () => void): () => void {
    const cancel = this.#clock.after(delayMs, () => {
      this.#timers.delete(cancel);
      action();
    });
    if (this.#stopped) cancel();
    else this.#timers.add(cancel);
    return () => {
      this.#timers.delete(cancel);
      cancel();
    };
  }

  #shun(peer: PeerName): void {
    this.#forget(peer);
    this.#network.disconnect(peer);
    this.#init.onShunned(peer);
  }

  #forget(peer: PeerName): void {
    this.#admitted.delete(peer);
    this.#unanswered.delete(peer);
    this.#regreets.get(peer)?.();
    this.#regreets.delete(peer);
    this.#members.disconnected(peer);
  }

  /** Meets a peer that has connected; again, where its hello got lost. */
  #introduce(peer: PeerName): void {
    if (this.#stopped || this.#admitted.has(peer) || !this.#network.connected.has(peer)) return;
    this.meet(peer).catch((error) => {
      if (!isFailure(error)) throw error;
      const lost = error.code === 'STREAM_CLOSED' || error.code === 'TIMED_OUT';
      if (lost) this.#regreet(peer, error);
      else this.#refuse(peer, error);
    });
  }

  /** Asks again, ever more seldom; of a peer that is there and never answers it is told once. */
  #regreet(peer: PeerName, error: MurmurError): void {
    const times = this.#unanswered.get(peer) ?? 0;
    if (error.code === 'TIMED_OUT' && times === 0) this.#init.onRefused(peer, error);
    // A new connection begins with a hello of its own.
    if (!this.#network.connected.has(peer)) return;
    this.#unanswered.set(peer, times + 1);
    this.#regreets.get(peer)?.();
    const waitMs = Math.min(MAX_REGREET_MS, REGREET_MS * 2 ** Math.min(times, 16));
    this.#regreets.set(
      peer,
      this.#after(waitMs, () => {
        this.#regreets.delete(peer);
        this.#introduce(peer);
      }),
    );
  }

  #refuse(peer: PeerName, error: MurmurError): void {
    this.#init.onRefused(peer, error);
    this.offended(peer);
  }
}
