import type { PeerName } from '../../src/sum/origin.ts';
import type { Clock } from '../../src/support/clock.ts';
import type { Random } from '../../src/support/random.ts';
import type { Network } from '../network.ts';
import { Barriers } from './barriers.ts';
import { Bonds } from './bonds.ts';
import { type LinkSettings, type Links, linksOf } from './links.ts';
import { SimulatedNetwork, type Surroundings } from './simulated-network.ts';
import type { Trace } from './trace.ts';

/** A connection on which nothing is acknowledged is lost after this much: as long as peers wait for one that says nothing. */
export const SILENT_CONNECTION_MS = 30_000;

export interface HubComponents {
  readonly clock: Clock;
  readonly random: Random;
  /** Hears of every connection and message. */
  readonly trace?: Trace | undefined;
}

/** The networks of a simulation: peers of one process that reach each other through seeded links. */
export class SimulatedHub {
  readonly #around: Surroundings;

  constructor({ clock, random, trace }: HubComponents, settings: LinkSettings | Links) {
    this.#around = {
      clock,
      random,
      trace,
      links: linksOf(settings),
      barriers: new Barriers(),
      bonds: new Bonds(),
      ending: new Set(),
      running: new Map(),
    };
  }

  /** A peer's network, to be started; a name that was stopped or cut may come back with a new one. */
  network(name: PeerName): Network {
    return new SimulatedNetwork(name, this.#around);
  }

  /** Other links for all that is sent from now on. */
  relink(settings: LinkSettings | Links): void {
    this.#around.links = linksOf(settings);
  }

  /** Parts these peers from all others, connections and dials, until `part` is called again; with none, all are joined. */
  part(...names: readonly PeerName[]): void {
    this.#around.barriers.part(names);
    for (const network of this.#networks()) network.partAway();
  }

  /**
   * Lets nothing pass from the ones to the others while the way back is open, until `block` is called again; with none,
   * nothing is held. As on TCP, what is sent that way waits, no connection can be made, and those there are get lost in time.
   */
  block(from: readonly PeerName[], to: readonly PeerName[]): void {
    const { barriers, clock, ending } = this.#around;
    barriers.block(from, to);
    for (const network of this.#networks()) network.release();
    for (const link of [...ending]) link.release();
    const { blockade } = barriers;
    clock.after(SILENT_CONNECTION_MS, () => {
      if (barriers.blockade !== blockade) return;
      for (const network of this.#networks()) network.giveUpSilent();
    });
  }

  /** Loses the connection between two peers, and what was underway on it; they may dial again. */
  disconnect(one: PeerName, other: PeerName): void {
    this.#around.running.get(one)?.disconnect(other);
  }

  /** Crashes a peer: its connections are lost, and with them what it had sent and not yet delivered. */
  cut(name: PeerName): void {
    this.#around.running.get(name)?.cut();
  }

  #networks(): SimulatedNetwork[] {
    return [...this.#around.running.values()];
  }
}
