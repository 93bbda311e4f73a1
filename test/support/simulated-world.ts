import type { Network } from '../../protocols/network.ts';
import { SimulatedHub } from '../../protocols/simulated/hub.ts';
import type { LinkSettings } from '../../protocols/simulated/links.ts';
import type { PeerName } from '../../src/sum/origin.ts';
import { sleep } from '../../src/support/clock.ts';
import { seededRandom } from '../../src/support/random.ts';
import { VirtualClock } from '../../src/support/virtual-clock.ts';

/** Virtual time in which any test here is over, or hangs. */
const LIMIT_MS = 3_600_000;

/** Peers on the simulated network, in virtual time. */
export class SimulatedWorld {
  readonly clock = new VirtualClock();
  readonly hub: SimulatedHub;

  constructor(settings: LinkSettings = { latencyMs: 10 }) {
    this.hub = new SimulatedHub({ clock: this.clock, random: seededRandom('simulated world') }, settings);
  }

  /** A network that has started, `prepare` having registered what it serves. */
  async start(name: PeerName, prepare: (network: Network) => void = () => {}): Promise<Network> {
    const network = this.hub.network(name);
    prepare(network);
    await network.start();
    return network;
  }

  /** A network that has started and is connected to another one. */
  async connected(name: PeerName, to: Network): Promise<Network> {
    const network = await this.start(name);
    await network.dial(to.addresses[0]!);
    return network;
  }

  /** Runs a test's body on virtual time. */
  run<T>(body: () => Promise<T>): Promise<T> {
    return this.clock.run(body(), LIMIT_MS);
  }

  pass(ms: number): Promise<void> {
    return sleep(this.clock, ms);
  }

  async until(condition: () => boolean): Promise<void> {
    for (let polls = 0; !condition(); polls++) {
      if (polls === 2000) throw new Error(`not within ${polls} polls: ${condition}`);
      await this.pass(10);
    }
  }
}
