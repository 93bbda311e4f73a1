import type { PeerName } from '../src/sum/origin.ts';
import type { Clock } from '../src/support/clock.ts';
import type { PeerEvent } from './events.ts';
import type { Drift } from './replica/replica-host.ts';

type EventBody<E> = E extends unknown ? Omit<E, 'atMs' | 'peer'> : never;

/** Invalid messages of one peer that are told one by one; the rest is counted. A broken peer must not fill the disk. */
const TOLD_PER_PEER = 5;
/** Peers of which such a count is kept. */
const MAX_COUNTED_PEERS = 4096;

/** Tells a peer's surroundings what happens in it, and counts what it drops. */
export class Narrator {
  readonly #clock: Clock;
  readonly #self: PeerName;
  readonly #emit: (event: PeerEvent) => void;
  invalidMessages = 0;
  readonly #told = new Map<PeerName, number>();

  constructor(clock: Clock, init: { self: PeerName; emit: (event: PeerEvent) => void }) {
    this.#clock = clock;
    this.#self = init.self;
    this.#emit = init.emit;
  }

  say(body: EventBody<PeerEvent>): void {
    this.#emit({ atMs: this.#clock.nowMs(), peer: this.#self, ...body } as PeerEvent);
  }

  warn(code: string, message: string): void {
    this.say({ type: 'warning', code, message });
  }

  /** What was applied is not what its origin published. */
  drifted(drifts: readonly Drift[]): void {
    for (const { origin, sequence } of drifts) {
      this.warn('REPLICA_DRIFTED', `what was applied of ${origin} up to ${sequence} is not what it published`);
    }
  }

  /** A message broke its format or its protocol and was dropped. */
  readonly invalid = (from: PeerName, problem: string): void => {
    this.invalidMessages++;
    const told = this.#told.get(from) ?? (this.#told.size < MAX_COUNTED_PEERS ? 0 : TOLD_PER_PEER);
    if (told >= TOLD_PER_PEER) return;
    this.#told.set(from, told + 1);
    this.warn('MESSAGE_INVALID', `dropped a message of ${from}: ${problem}`);
  };
}
