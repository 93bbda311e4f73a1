import type { Hello } from '../protocols/hello/hello.ts';
import type { Network } from '../protocols/network.ts';
import type { PeerName } from '../src/sum/origin.ts';
import type { Clock } from '../src/support/clock.ts';
import { isFailure, type MurmurError } from '../src/support/errors.ts';
import type { Members } from './members.ts';

/** The peer with the lower name dials first; the other tries this much later, in case only it can reach the first. */
const SECOND_DIAL_MS = 2_000;
/** Before a hello that got lost is asked for again. */
const REGREET_MS = 1_000;
/** Peers dialled at a time from hearsay, which anybody can make up. */
const MAX_DIALLING = 64;
/** Between two attempts to dial the same peer. */
const REDIAL_MS = 3_000;

export interface IntroductionsInit {
  readonly onAdmitted: (peer: PeerName) => void;
  /** A peer was turned away, with the reason. */
  readonly onRefused: (peer: PeerName, error: MurmurError) => void;
}

/** How peers come to know each other: a hello on every connection, and a dial to whoever is known from hearsay alone. */
export class Introductions {
  readonly #network: Network;
  readonly #hello: Hello;
  readonly #clock: Clock;
  readonly #members: Members;
  readonly #init: IntroductionsInit;
  readonly #admitted = new Set<PeerName>();
  readonly #meeting = new Map<PeerName, Promise<void>>();
  readonly #dialling = new Set<PeerName>();
  readonly #timers = new Set<() => void>();
  #stopped = false;

  /** Listens for connections: create it before the network starts. */
  constructor(components: { network: Network; hello: Hello; clock: Clock; members: Members }, init: IntroductionsInit) {
    this.#network = components.network;
    this.#hello = components.hello;
    this.#clock = components.clock;
    this.#members = components.members;
    this.#init = init;
    this.#network.onConnection((peer, connected) => {
      if (connected) this.#introduce(peer);
      else this.#forget(peer);
    });
  }

  admits(peer: PeerName): boolean {
    return this.#admitted.has(peer);
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
    this.#admitted.add(peer);
    this.#members.admit(peer);
    this.#init.onAdmitted(peer);
  }

  /** Dials a peer that is known only from its status. */
  seek(peer: PeerName, addresses: readonly string[]): void {
    if (this.#stopped || this.#dialling.size >= MAX_DIALLING) return;
    if (this.#dialling.has(peer) || this.#network.connected.has(peer)) return;
    this.#dialling.add(peer);
    const waitMs = this.#network.self < peer ? 0 : SECOND_DIAL_MS;
    this.#after(waitMs, () => void this.#dial(peer, addresses));
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
    this.#after(REDIAL_MS, () => this.#dialling.delete(peer));
  }

  #after(delayMs: number, action: () => void): void {
    const cancel = this.#clock.after(delayMs, () => {
      this.#timers.delete(cancel);
      action();
    });
    if (this.#stopped) cancel();
    else this.#timers.add(cancel);
  }

  #forget(peer: PeerName): void {
    this.#admitted.delete(peer);
    this.#members.disconnected(peer);
  }

  /** Meets a peer that has connected; again, where its hello got lost. */
  #introduce(peer: PeerName): void {
    if (this.#stopped || this.#admitted.has(peer) || !this.#network.connected.has(peer)) return;
    this.meet(peer).catch((error) => {
      if (!isFailure(error)) throw error;
      const gone = error.code === 'STREAM_CLOSED';
      if (!gone) this.#init.onRefused(peer, error);
      if (gone || error.code === 'TIMED_OUT') this.#after(REGREET_MS, () => this.#introduce(peer));
    });
  }
}
