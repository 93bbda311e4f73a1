import type { PeerName } from '../src/sum/origin.ts';
import type { Clock } from '../src/support/clock.ts';
import type { PeerEvent } from './events.ts';

type EventBody<E> = E extends unknown ? Omit<E, 'atMs' | 'peer'> : never;

/** Tells a peer's surroundings what happens in it, and counts what it drops. */
export class Narrator {
  readonly #clock: Clock;
  readonly #self: PeerName;
  readonly #emit: (event: PeerEvent) => void;
  invalidMessages = 0;

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

  /** A message broke its format or its protocol and was dropped. */
  readonly invalid = (from: PeerName, problem: string): void => {
    this.invalidMessages++;
    this.warn('MESSAGE_INVALID', `dropped a message of ${from}: ${problem}`);
  };
}
