import { afterEach, describe, expect } from 'vitest';
import { createLibp2pNetwork } from '../../../protocols/libp2p/network.ts';
import type { Channel, ChannelOptions, Network } from '../../../protocols/network.ts';
import { SimulatedHub } from '../../../protocols/simulated/hub.ts';
import { type Clock, sleep } from '../../../src/support/clock.ts';
import { isFailure } from '../../../src/support/errors.ts';
import { seededRandom } from '../../../src/support/random.ts';
import { systemClock } from '../../../src/support/system-clock.ts';
import { VirtualClock } from '../../../src/support/virtual-clock.ts';

/** One kind of network, and the time that it lives in. */
interface World {
  readonly clock: Clock;
  network(): Promise<Network>;
  run(body: () => Promise<void>): Promise<void>;
}

function libp2pWorld(): World {
  return {
    clock: systemClock,
    network: () => createLibp2pNetwork({ listen: ['/ip4/127.0.0.1/tcp/0'] }),
    run: (body) => body(),
  };
}

function simulatedWorld(): World {
  const clock = new VirtualClock();
  const settings = { latencyMs: 20, jitterMs: 10, bytesPerSecond: 1e7 };
  const hub = new SimulatedHub({ clock, random: seededRandom(1) }, settings);
  let peers = 0;
  return { clock, network: async () => hub.network(`peer-${peers++}`), run: (body) => clock.run(body()) };
}

export const PROTOCOL = '/test/1';
export const OPTIONS: ChannelOptions = { maxMessageBytes: 2 ** 20 };

/** What a test of the contract works with. */
interface Bench {
  readonly world: World;
  /** The networks that this test has started, in their order; they are stopped after it. */
  readonly started: readonly Network[];
  start(prepare?: (network: Network) => void): Promise<Network>;
  until(condition: () => boolean): Promise<void>;
  /** The opener's and the other end of one channel between two networks; the other one has started first. */
  channel(serverOptions?: ChannelOptions, clientOptions?: ChannelOptions): Promise<[Channel, Channel]>;
}

/** One part of what every kind of network must do. */
export function describeNetworks(part: string, contract: (bench: Bench) => void): void {
  describe.each([
    ['libp2p', libp2pWorld],
    ['simulated', simulatedWorld],
  ])(`network contract, ${part}: %s`, (_name, createWorld) => contract(benchOf(createWorld())));
}

function benchOf(world: World): Bench {
  const started: Network[] = [];

  afterEach(() => world.run(async () => void (await Promise.all(started.splice(0).map((network) => network.stop())))));

  async function start(prepare: (network: Network) => void = () => {}): Promise<Network> {
    const network = await world.network();
    prepare(network);
    await network.start();
    started.push(network);
    return network;
  }

  async function until(condition: () => boolean): Promise<void> {
    for (let polls = 0; !condition(); polls++) {
      if (polls === 1000) throw new Error(`not within ${polls} polls: ${condition}`);
      await sleep(world.clock, 10);
    }
  }

  async function channel(serverOptions = OPTIONS, clientOptions = OPTIONS): Promise<[Channel, Channel]> {
    let serve = (_channel: Channel) => {};
    const served = new Promise<Channel>((resolve) => {
      serve = resolve;
    });
    const server = await start((network) => network.handle(PROTOCOL, serverOptions, (channel) => serve(channel)));
    const client = await start();
    await client.dial(server.addresses[0]!);
    const opened = await client.open(server.self, PROTOCOL, clientOptions);
    const accepted = await served;
    expect([opened.remote, accepted.remote]).toEqual([server.self, client.self]);
    return [opened, accepted];
  }

  return { world, started, start, until, channel };
}

/** With which code it fails, if it does. */
export const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (error: unknown) => (isFailure(error) ? error.code : error),
  );

/** The messages of a channel until it closes, or the next `count` of them. */
export async function collect(source: Channel, count = Number.POSITIVE_INFINITY): Promise<Uint8Array[]> {
  const messages: Uint8Array[] = [];
  for await (const message of source.messages()) {
    messages.push(message);
    if (messages.length === count) break;
  }
  return messages;
}
