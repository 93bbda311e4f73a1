import type { Network } from '../../protocols/network.ts';
import type { RoundOutput } from '../replica/replica-host.ts';

/** Weight of what was seen last in means over decisions. */
const NEWEST = 0.3;
/** What foretells the egress is out by no more: anything else is a moment's burst. */
const MAX_CORRECTION = 4;

/** What rounds were like since the last decision. */
export interface RoundsSeen {
  readonly stepMs: number;
  /** What a round takes beside its local steps, evaluations included. */
  readonly restMs: number;
  /** All told, and of updates while this peer was not held up by the staleness bound: what rounds without waiting send. */
  readonly sentBytesPerSecond: number;
  readonly updateBytesPerSecond: number;
  readonly otherBytesPerSecond: number;
  readonly residueShare: number;
  readonly pendingMs: number;
}

/** Counts what this peer's rounds take and what leaves it, from decision to decision. */
export class RoundMeter {
  readonly #network: Network;
  rounds = 0;
  #localSteps = 0;
  #computeMs = 0;
  #residueShares = 0;
  #pendingMs = 0;
  #sentBytes = 0;
  #updateBytes = 0;
  #otherBytesPerSecond: number | null = null;
  #correction: number | null = null;

  constructor(network: Network) {
    this.#network = network;
  }

  /** From here on bytes count. */
  begin(): void {
    const { bytesSent, sentByKind } = this.#network.traffic();
    this.#sentBytes = bytesSent;
    this.#updateBytes = sentByKind.updates;
  }

  ended({ localSteps, computeMs, residueShare, pendingMs }: RoundOutput): void {
    this.rounds++;
    this.#localSteps += localSteps;
    this.#computeMs += computeMs;
    this.#residueShares += residueShare;
    this.#pendingMs += pendingMs;
  }

  /** The means since this was last called, after at least one round. */
  take(elapsedMs: number, blockedMs: number): RoundsSeen {
    const { bytesSent, sentByKind } = this.#network.traffic();
    const perSecond = (bytes: number) => (1000 * bytes) / elapsedMs;
    // Rounds take a millisecond at least, whatever the clocks say.
    const activeMs = Math.max(this.rounds, elapsedMs - blockedMs);
    const updates = sentByKind.updates - this.#updateBytes;
    const others = bytesSent - this.#sentBytes - updates;
    this.#otherBytesPerSecond = average(this.#otherBytesPerSecond, perSecond(Math.max(0, others)));
    const seen = {
      stepMs: this.#computeMs / this.#localSteps,
      restMs: Math.max(0, activeMs - this.#computeMs) / this.rounds,
      sentBytesPerSecond: perSecond(bytesSent - this.#sentBytes),
      updateBytesPerSecond: (1000 * updates) / activeMs,
      otherBytesPerSecond: this.#otherBytesPerSecond,
      residueShare: this.#residueShares / this.rounds,
      pendingMs: this.#pendingMs / this.rounds,
    };
    this.#sentBytes = bytesSent;
    this.#updateBytes = sentByKind.updates;
    this.rounds = 0;
    this.#localSteps = 0;
    this.#computeMs = 0;
    this.#residueShares = 0;
    this.#pendingMs = 0;
    return seen;
  }

  /** What is sent over what was foretold, as a mean over decisions. */
  correct(quotient: number): number {
    const bounded = Math.min(MAX_CORRECTION, Math.max(1 / MAX_CORRECTION, quotient));
    this.#correction = average(this.#correction, bounded);
    return this.#correction;
  }
}

function average(old: number | null, value: number): number {
  return old === null ? value : old + NEWEST * (value - old);
}
