import type { Network } from '../../protocols/network.ts';
import type { Inbox } from '../exchange/inbox.ts';
import type { RoundOutput } from '../replica/replica-host.ts';

/** What was seen longer ago than this counts for little in means over decisions. */
const MEMORY_MS = 3_000;
/** What foretells the egress is out by no more: anything else is a moment's burst. */
const MAX_CORRECTION = 4;

/** What rounds were like since the last decision. */
export interface RoundsSeen {
  readonly stepMs: number;
  /** What a round takes beside its local steps, evaluations included. */
  readonly restMs: number;
  /** All told. */
  readonly sentBytesPerSecond: number;
  /**
   * Of updates, while this peer was not held up by the staleness bound: what rounds without waiting send. Where updates
   * are relayed, what would leave if everybody published as this peer does.
   */
  readonly updateBytesPerSecond: number;
  readonly otherBytesPerSecond: number;
  readonly residueShare: number;
  readonly pendingMs: number;
}

interface Metered {
  readonly network: Pick<Network, 'traffic'>;
  readonly inbox: Pick<Inbox, 'acceptedBytes'>;
}

/** Counts what this peer's rounds take and what leaves it, from decision to decision. */
export class RoundMeter {
  readonly #network: Metered['network'];
  readonly #inbox: Metered['inbox'];
  rounds = 0;
  #localSteps = 0;
  #computeMs = 0;
  #residueShares = 0;
  #pendingMs = 0;
  #sentBytes = 0;
  #updateBytes = 0;
  #publishedBytes = 0;
  #acceptedBytes = 0;
  #otherBytesPerSecond: number | null = null;
  #correction: number | null;
  readonly #relays: boolean;

  /** @param relays whether what leaves this peer is mostly others' updates */
  constructor({ network, inbox }: Metered, relays: boolean) {
    this.#network = network;
    this.#inbox = inbox;
    this.#relays = relays;
    // What is relayed comes later than what is published: the first look sees little of it.
    this.#correction = relays ? 1 : null;
  }

  /** From here on bytes count. */
  begin(): void {
    const { bytesSent, sentByKind } = this.#network.traffic();
    this.#sentBytes = bytesSent;
    this.#updateBytes = sentByKind.updates;
    this.#acceptedBytes = this.#inbox.acceptedBytes;
  }

  ended({ localSteps, computeMs, residueShare, pendingMs, frame }: RoundOutput): void {
    this.rounds++;
    this.#localSteps += localSteps;
    this.#computeMs += computeMs;
    this.#residueShares += residueShare;
    this.#pendingMs += pendingMs;
    this.#publishedBytes += frame?.bytes.length ?? 0;
  }

  /**
   * The means since this was last called, after at least one round.
   * @param members that publish, this peer included
   */
  take(elapsedMs: number, blockedMs: number, members: number): RoundsSeen {
    const { bytesSent, sentByKind } = this.#network.traffic();
    const { acceptedBytes } = this.#inbox;
    const perSecond = (bytes: number) => (1000 * bytes) / elapsedMs;
    // Rounds take a millisecond at least, whatever the clocks say.
    const activeMs = Math.max(this.rounds, elapsedMs - blockedMs);
    const updates = sentByKind.updates - this.#updateBytes;
    const others = bytesSent - this.#sentBytes - updates;
    const perMember = (acceptedBytes - this.#acceptedBytes) / members;
    // All that a peer relays it has taken in: the mean of what everybody publishes is known to it.
    const toMean = this.#relays && perMember > 0 ? this.#publishedBytes / perMember : 1;
    this.#otherBytesPerSecond = average(this.#otherBytesPerSecond, perSecond(Math.max(0, others)), elapsedMs);
    const seen = {
      stepMs: this.#computeMs / this.#localSteps,
      restMs: Math.max(0, activeMs - this.#computeMs) / this.rounds,
      sentBytesPerSecond: perSecond(bytesSent - this.#sentBytes),
      updateBytesPerSecond: (1000 * updates * toMean) / activeMs,
      otherBytesPerSecond: this.#otherBytesPerSecond,
      residueShare: this.#residueShares / this.rounds,
      pendingMs: this.#pendingMs / this.rounds,
    };
    this.#sentBytes = bytesSent;
    this.#updateBytes = sentByKind.updates;
    this.#publishedBytes = 0;
    this.#acceptedBytes = acceptedBytes;
    this.rounds = 0;
    this.#localSteps = 0;
    this.#computeMs = 0;
    this.#residueShares = 0;
    this.#pendingMs = 0;
    return seen;
  }

  /** What is sent over what was foretold, as a mean over decisions. */
  correct(quotient: number, elapsedMs: number): number {
    const bounded = Math.min(MAX_CORRECTION, Math.max(1 / MAX_CORRECTION, quotient));
    this.#correction = average(this.#correction, bounded, elapsedMs);
    return this.#correction;
  }
}

/** Weighs a value by the time that it stands for. */
function average(old: number | null, value: number, elapsedMs: number): number {
  return old === null ? value : value + Math.exp(-elapsedMs / MEMORY_MS) * (old - value);
}
