import type { PeerName } from '../../src/sum/origin.ts';
import type { Clock } from '../../src/support/clock.ts';
import type { Random } from '../../src/support/random.ts';
import type { Network } from '../network.ts';
import type { LinkSettings } from './link.ts';
import { SimulatedNetwork, type Surroundings } from './simulated-network.ts';

/** The networks of a simulation: peers of one process that reach each other through seeded links. */
export class SimulatedHub {
  readonly #around: Surroundings;

  constructor({ clock, random }: { clock: Clock; random: Random }, settings: LinkSettings) {
    this.#around = { clock, random, settings, running: new Map(), parted: new Set() };
  }

  /** A peer's network, to be started; a name that was stopped or cut may come back with a new one. */
  network(name: PeerName): Network {
    return new SimulatedNetwork(name, this.#around);
  }

  /** Parts these peers from all others, connections and dials, until `part` is called again; with none, all are joined. */
  part(...names: readonly PeerName[]): void {
    this.#around.parted = new Set(names);
    for (const network of this.#around.running.values()) network.partAway();
  }

  /** Crashes a peer: its connections are lost, and with them what it had sent and not yet delivered. */
  cut(name: PeerName): void {
    this.#around.running.get(name)?.cut();
  }
}
