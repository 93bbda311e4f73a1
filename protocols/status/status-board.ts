import type { PeerName } from '../../src/sum/origin.ts';
import type { Clock } from '../../src/support/clock.ts';
import { isFailure } from '../../src/support/errors.ts';
import { RateLimit } from '../../src/support/rate-limit.ts';
import type { Network } from '../network.ts';
import {
  STATUS_EGRESS_SHARE,
  STATUS_GATHER_MS,
  STATUS_GATHER_MS_PER_PEER,
  STATUS_MIN_INTERVAL_MS,
  STATUS_OVERHEAD_BYTES,
  STATUS_RATE,
  STRANGERS_STATUS_RATE,
  statusMaxIntervalMs,
} from './constants.ts';
import { decodeStatus, encodeStatus, type Status } from './messages.ts';

export interface StatusBoardInit {
  readonly topic: string;
  /** This peer's status at the moment of sending. */
  readonly compose: () => Status;
  /** Peers in the run at present. */
  readonly peers: () => number;
  /** Whether a peer has said the same manifest's hello. */
  readonly knows: (peer: PeerName) => boolean;
  readonly receive: (from: PeerName, status: Status) => void;
  /** Left out, `decodeStatus`, from which it must not differ. */
  readonly decode?: typeof decodeStatus | undefined;
  /** An invalid message came in and was dropped. */
  readonly onInvalid: (from: PeerName, problem: string) => void;
}

/** Puts up this peer's status and takes down everybody else's: at intervals, and at once where something changed. */
export class StatusBoard {
  readonly #network: Network;
  readonly #clock: Clock;
  readonly #init: StatusBoardInit;
  readonly #members = new RateLimit(STATUS_RATE);
  readonly #strangers = new RateLimit(STRANGERS_STATUS_RATE);
  #cancel: (() => void) | null = null;
  #announcing = false;
  #stopped = false;
  #startMs = 0;
  #startBytes = 0;

  /** Subscribes to the topic: create it before the network starts. */
  constructor(components: { network: Network; clock: Clock }, init: StatusBoardInit) {
    this.#network = components.network;
    this.#clock = components.clock;
    this.#init = init;
    this.#network.subscribe(init.topic, (from, bytes) => this.#take(from, bytes));
  }

  start(): void {
    this.#startMs = this.#clock.nowMs();
    this.#startBytes = this.#network.traffic().bytesSent;
    this.#send();
  }

  /** Sends a status soon, whatever the interval. */
  announce(): void {
    if (this.#announcing || this.#stopped) return;
    this.#announcing = true;
    const gatherMs = Math.max(STATUS_GATHER_MS, STATUS_GATHER_MS_PER_PEER * this.#init.peers());
    this.#cancel?.();
    this.#cancel = this.#clock.after(gatherMs, () => this.#send());
  }

  /** Sends one last status, where it has sent any, and no more. */
  stop(): void {
    if (this.#stopped) return;
    if (this.#startMs > 0) this.#send();
    this.#stopped = true;
    this.#cancel?.();
  }

  #send(): void {
    if (this.#stopped) return;
    this.#announcing = false;
    const bytes = encodeStatus(this.#init.compose());
    this.#network.publish(this.#init.topic, bytes);
    this.#cancel?.();
    this.#cancel = this.#clock.after(this.#intervalMs(bytes.length), () => this.#send());
  }

  /** In a gossip mesh every peer passes everyone's statuses on once on average: the interval grows with their number. */
  #intervalMs(statusBytes: number): number {
    // Whoever is connected may not have said yet that it is in the run, and in gossip most are not connected.
    const peers = Math.max(this.#init.peers(), this.#network.connected.size + 1);
    const elapsedMs = this.#clock.nowMs() - this.#startMs;
    const egress = this.#network.traffic().bytesSent - this.#startBytes;
    const cost = (statusBytes + STATUS_OVERHEAD_BYTES) * peers;
    const affordableMs = egress > 0 ? (cost * elapsedMs) / (STATUS_EGRESS_SHARE * egress) : 0;
    return Math.min(statusMaxIntervalMs(peers), Math.max(STATUS_MIN_INTERVAL_MS, affordableMs));
  }

  /**
   * What comes too fast is dropped before it is read, and held against nobody: whoever passes messages on may send old
   * ones of others again.
   */
  #take(from: PeerName, bytes: Uint8Array): void {
    const nowMs = this.#clock.nowMs();
    if (!(this.#init.knows(from) ? this.#members.allows(from, nowMs) : this.#strangers.allows('', nowMs))) return;
    try {
      this.#init.receive(from, (this.#init.decode ?? decodeStatus)(bytes, from));
    } catch (error) {
      if (!isFailure(error, 'MESSAGE_INVALID')) throw error;
      this.#init.onInvalid(from, error.message);
    }
  }
}
