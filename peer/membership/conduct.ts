import type { PeerName } from '../../src/sum/origin.ts';
import type { Clock } from '../../src/support/clock.ts';
import { type Rate, RateLimit } from '../../src/support/rate-limit.ts';

/** Invalid messages that are put up with: bits do fall over, though none does so often. */
const OFFENCE_RATE: Rate = { perSecond: 1 / 3600, burst: 8 };
/** New connections of one peer: a bad link breaks every few seconds, and dials are three seconds apart. */
const MEETING_RATE: Rate = { perSecond: 0.5, burst: 16 };
/** Longer than a restart with a mended version takes; short beside a run. */
export const SHUN_MS = 600_000;
/** Peers remembered as shunned; names are free to make up, so the oldest is let go for a newer one. */
const MAX_SHUNNED = 4096;

/** How others behave, and who is not talked to for a while because of it. */
export class Conduct {
  readonly #clock: Clock;
  readonly #offences = new RateLimit(OFFENCE_RATE);
  readonly #meetings = new RateLimit(MEETING_RATE);
  readonly #shunnedUntilMs = new Map<PeerName, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether `peer` is not to be talked to at present. */
  shuns(peer: PeerName): boolean {
    return (this.#shunnedUntilMs.get(peer) ?? 0) > this.#clock.nowMs();
  }

  /** A message of `peer` broke the protocol. Tells whether it is shunned for that from now on. */
  offended(peer: PeerName): boolean {
    return this.#judge(peer, this.#offences);
  }

  /** `peer` has connected once more. Tells whether it is shunned for doing so all the time. */
  met(peer: PeerName): boolean {
    return this.#judge(peer, this.#meetings);
  }

  #judge(peer: PeerName, limit: RateLimit): boolean {
    const nowMs = this.#clock.nowMs();
    if (this.shuns(peer) || limit.allows(peer, nowMs)) return false;
    this.#shunnedUntilMs.delete(peer);
    this.#shunnedUntilMs.set(peer, nowMs + SHUN_MS);
    if (this.#shunnedUntilMs.size > MAX_SHUNNED) {
      this.#shunnedUntilMs.delete(this.#shunnedUntilMs.keys().next().value!);
    }
    return true;
  }
}
