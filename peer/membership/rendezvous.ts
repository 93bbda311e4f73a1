import type { Network } from '../../protocols/network.ts';
import { statusMaxIntervalMs } from '../../protocols/status/constants.ts';
import { type Clock, sleep } from '../../src/support/clock.ts';
import { firstRing } from '../../src/support/doorbell.ts';
import { isFailure } from '../../src/support/errors.ts';
import type { Feeds } from '../exchange/feeds.ts';
import type { Introductions } from './introductions.ts';
import type { Members } from './members.ts';

/** A given address may belong to a peer that is still starting; and for each planned peer, which may all start at once. */
export const JOIN_PATIENCE_MS = 15_000;
export const JOIN_PATIENCE_MS_PER_PEER = 2_000;
const JOIN_RETRY_MS = 500;
/**
 * A start waits this long for all planned peers to meet, and so much more for each of them, then goes on with those
 * present. Many peers of one machine come one after the other: 64 took 280 s on two processors with thirty other things
 * to do.
 */
export const MEETING_PATIENCE_MS = 120_000;
export const MEETING_PATIENCE_MS_PER_PEER = 4_000;

export interface RendezvousComponents {
  readonly network: Network;
  readonly clock: Clock;
  readonly members: Members;
  readonly introductions: Introductions;
  /** Null where nothing is exchanged. */
  readonly feeds: Feeds | null;
}

export interface RendezvousInit {
  /** Peers of the run, this one included. */
  readonly planned: number;
  /** Whether peers are known without a connection. */
  readonly byHearsay: boolean;
  readonly signal: AbortSignal;
}

/** How a peer finds the run and the run starts: joining somebody, then waiting until all have met. */
export class Rendezvous {
  readonly #components: RendezvousComponents;
  readonly #planned: number;
  readonly #byHearsay: boolean;
  readonly #signal: AbortSignal;
  /** When somebody was first known to train. */
  #trainingMs: number | null = null;

  constructor(components: RendezvousComponents, { planned, byHearsay, signal }: RendezvousInit) {
    this.#components = components;
    this.#planned = planned;
    this.#byHearsay = byHearsay;
    this.#signal = signal;
  }

  /**
   * Dials the addresses in turn until one answers and runs the same manifest. Throws JOIN_FAILED when none does in
   * time, MANIFEST_MISMATCH and CONFIG_INVALID at once.
   */
  async join(addresses: readonly string[]): Promise<void> {
    const { network, clock, introductions } = this.#components;
    const patienceEndMs = clock.nowMs() + JOIN_PATIENCE_MS + JOIN_PATIENCE_MS_PER_PEER * this.#planned;
    for (let turn = 0; addresses.length > 0 && !this.#signal.aborted; turn++) {
      try {
        await introductions.meet(await network.dial(addresses[turn % addresses.length]!, this.#signal));
        return;
      } catch (error) {
        const hopeless = !isFailure(error) || error.code === 'MANIFEST_MISMATCH' || error.code === 'CONFIG_INVALID';
        if (hopeless || clock.nowMs() >= patienceEndMs) throw error;
        await sleep(clock, JOIN_RETRY_MS, this.#signal);
      }
    }
  }

  /**
   * Waits until all planned peers are ready and their feeds open, or until one trains already: who comes later has to
   * catch up first.
   *
   * @param ready called once the feeds from all whom this peer knows are level, or when it is late for that
   * @returns whether they came before patience ended
   */
  async meetAll(ready: (level: boolean) => void): Promise<boolean> {
    const { clock, members } = this.#components;
    const patience = new AbortController();
    const patienceMs = MEETING_PATIENCE_MS + MEETING_PATIENCE_MS_PER_PEER * this.#planned;
    const cancel = clock.after(patienceMs, () => patience.abort());
    const signal = AbortSignal.any([this.#signal, patience.signal]);
    const until = async (test: () => boolean) => {
      while (!signal.aborted && !test()) await firstRing([members.changes], signal);
    };
    await until(() => members.anyTrains() || this.#reachesAll());
    ready(this.#reachesAll());
    await until(() => this.#allMet());
    cancel();
    return !patience.signal.aborted;
  }

  #allMet(): boolean {
    const { clock, members } = this.#components;
    const areAll = members.contributing() >= this.#planned;
    if (members.anyTrains()) {
      this.#trainingMs ??= clock.nowMs();
      // Everyone has said a word by then; before, its steps would weigh as those of one of a few.
      return !this.#byHearsay || areAll || clock.nowMs() - this.#trainingMs >= statusMaxIntervalMs(this.#planned);
    }
    return areAll && this.#reachesAll();
  }

  #reachesAll(): boolean {
    const { members, feeds } = this.#components;
    return members.everyLive(({ name }) => feeds?.reaches(name) ?? true);
  }
}
