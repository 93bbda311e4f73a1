import { afterEach, describe, expect, it } from 'vitest';
import { MAX_GOSSIP_BYTES } from '../../protocols/gossip-bound.ts';
import { createLibp2pNetwork } from '../../protocols/libp2p/network.ts';
import type { Channel, ChannelOptions, Network } from '../../protocols/network.ts';
import { SimulatedHub } from '../../protocols/simulated/hub.ts';
import { type Clock, sleep } from '../../src/support/clock.ts';
import { isFailure } from '../../src/support/errors.ts';
import { seededRandom } from '../../src/support/random.ts';
import { systemClock } from '../../src/support/system-clock.ts';
import { VirtualClock } from '../../src/support/virtual-clock.ts';

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

const PROTOCOL = '/test/1';
const OPTIONS: ChannelOptions = { maxMessageBytes: 2 ** 20 };

describe.each([
  ['libp2p', libp2pWorld],
  ['simulated', simulatedWorld],
])('network contract: %s', (_name, createWorld) => {
  const world = createWorld();
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

  /** Two ends of one channel. */
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

  const code = (promise: Promise<unknown>) =>
    promise.then(
      () => 'none',
      (error: unknown) => (isFailure(error) ? error.code : error),
    );

  async function collect(source: Channel, count = Number.POSITIVE_INFINITY): Promise<Uint8Array[]> {
    const messages: Uint8Array[] = [];
    for await (const message of source.messages()) {
      messages.push(message);
      if (messages.length === count) break;
    }
    return messages;
  }

  it('ends the connections to a peer for both, and lets it come again', () =>
    world.run(async () => {
      const [client, server] = await channel();
      const [one, other] = [started[1]!, started[0]!];
      await until(() => one.connected.has(other.self) && other.connected.has(one.self));
      other.disconnect(one.self);
      await until(() => !one.connected.has(other.self) && !other.connected.has(one.self));
      expect(await code(collect(client))).toBe('STREAM_CLOSED');
      expect(await code(collect(server))).toBe('STREAM_CLOSED');
      await one.dial(other.addresses[0]!);
      await until(() => other.connected.has(one.self));
      // Of one that is not connected there is nothing to end.
      other.disconnect(one.self);
      other.disconnect(one.self);
    }));

  it('brings messages whole, in order and in both directions', () =>
    world.run(async () => {
      const ends = await channel();
      const sizes = [0, 1, 127, 128, 0, 16_383, 16_384, 65_535, 300_000, 2 ** 20, 5];
      const sent = sizes.map((size, index) => Uint8Array.from({ length: size }, (_, at) => (at * 31 + index) & 0xff));
      const exchanges = ends.map(async (end) => {
        const sending = (async () => {
          for (const message of sent) await end.send(message.slice());
          await end.close();
        })();
        const received = await collect(end);
        await sending;
        return received;
      });
      for (const received of await Promise.all(exchanges)) {
        expect(received.map(({ byteLength }) => byteLength)).toEqual(sizes);
        for (const [index, message] of received.entries()) {
          expect(Buffer.compare(message, sent[index]!)).toBe(0);
          expect(message.buffer.byteLength).toBe(message.byteLength);
        }
      }
    }));

  it('keeps the order of sends that nobody awaits', () =>
    world.run(async () => {
      const [client, server] = await channel();
      const sends = Array.from({ length: 40 }, (_, index) => client.send(new Uint8Array(100_000).fill(index)));
      const received = await collect(server, 40);
      await Promise.all(sends);
      expect(received.map((message) => message[99_999])).toEqual(Array.from({ length: 40 }, (_, index) => index));
    }));

  it('refuses a message above the bound and aborts its channel', () =>
    world.run(async () => {
      const [client, server] = await channel({ maxMessageBytes: 1000 });
      await client.send(new Uint8Array(1000));
      const oversize = code(client.send(new Uint8Array(1001)));
      const reader = server.messages()[Symbol.asyncIterator]();
      expect((await reader.next()).value.byteLength).toBe(1000);
      expect(await code(reader.next())).toBe('MESSAGE_INVALID');
      expect(await code(collect(client))).toBe('STREAM_CLOSED');
      expect(await code(client.send(new Uint8Array(1)))).toBe('STREAM_CLOSED');
      expect(await code(server.send(new Uint8Array(1)))).toBe('STREAM_CLOSED');
      await oversize;
    }));

  it('closes one direction after what was sent, the other stays open', () =>
    world.run(async () => {
      const [client, server] = await channel();
      const reading = collect(server);
      for (let index = 0; index < 20; index++) await client.send(new Uint8Array(50_000));
      await client.close();
      expect(await reading).toHaveLength(20);
      await server.send(Uint8Array.of(7));
      expect(await code(client.send(new Uint8Array(1)))).toBe('STREAM_CLOSED');
      expect(await collect(client, 1)).toEqual([Uint8Array.of(7)]);
      await server.close();
      expect(await collect(client)).toEqual([]);
    }));

  it('ends both directions at once when aborted', () =>
    world.run(async () => {
      const [client, server] = await channel();
      const [here, there] = [code(collect(client)), code(collect(server))];
      client.abort();
      expect(await here).toBe('STREAM_CLOSED');
      expect(await there).toBe('STREAM_CLOSED');
      expect(await code(client.send(new Uint8Array(1)))).toBe('STREAM_CLOSED');
      expect(await code(server.send(new Uint8Array(1)))).toBe('STREAM_CLOSED');
    }));

  it('aborts a channel by the signal it was opened with', () =>
    world.run(async () => {
      const controller = new AbortController();
      const [client, server] = await channel(OPTIONS, { ...OPTIONS, signal: controller.signal });
      const there = code(collect(server));
      controller.abort();
      expect(await there).toBe('STREAM_CLOSED');
      expect(await code(client.send(new Uint8Array(1)))).toBe('STREAM_CLOSED');
    }));

  it('holds a sender back whose reader does not read, and nobody else', () =>
    world.run(async () => {
      const served: Channel[] = [];
      const server = await start((network) => network.handle(PROTOCOL, OPTIONS, (channel) => served.push(channel)));
      const client = await start();
      await client.dial(server.addresses[0]!);
      const stalled = await client.open(server.self, PROTOCOL, OPTIONS);
      await until(() => served.length === 1);
      const MESSAGES = 512;
      let sent = 0;
      const sending = (async () => {
        for (; sent < MESSAGES; sent++) await stalled.send(new Uint8Array(65_536));
        await stalled.close();
      })();
      let before = -1;
      while (before !== sent) {
        before = sent;
        await sleep(world.clock, 300);
      }
      expect(sent).toBeGreaterThan(1);
      expect(sent * 65_536).toBeLessThan(8 * 2 ** 20);

      const lively = await client.open(server.self, PROTOCOL, OPTIONS);
      await until(() => served.length === 2);
      const reading = collect(served[1]!);
      for (let index = 0; index < 40; index++) await lively.send(new Uint8Array(65_536));
      await lively.close();
      expect(await reading).toHaveLength(40);

      expect(await collect(served[0]!)).toHaveLength(MESSAGES);
      await sending;
    }));

  it('survives a slow reader of many small messages', () =>
    world.run(async () => {
      const [client, server] = await channel();
      const COUNT = 30_000;
      const sending = (async () => {
        for (let index = 0; index < COUNT; index++) await client.send(new Uint8Array(100));
        await client.close();
      })();
      let received = 0;
      for await (const _message of server.messages()) {
        if (++received % 1000 === 0) await sleep(world.clock, 5);
      }
      expect(received).toBe(COUNT);
      await sending;
    }));

  it('does not open an unknown protocol, nor a channel to a stranger', () =>
    world.run(async () => {
      const [server, client, stranger] = [await start(), await start(), await start()];
      await client.dial(server.addresses[0]!);
      expect(await code(client.open(server.self, '/unknown', OPTIONS))).toBe('STREAM_CLOSED');
      expect(await code(client.open(stranger.self, PROTOCOL, OPTIONS))).toBe('STREAM_CLOSED');
    }));

  it('opens many channels over one connection', () =>
    world.run(async () => {
      const server = await start((network) =>
        network.handle(PROTOCOL, OPTIONS, async (channel) => {
          for (const message of await collect(channel)) await channel.send(message);
          await channel.close();
        }),
      );
      const client = await start();
      await client.dial(server.addresses[0]!);
      const echoes = Array.from({ length: 60 }, async (_, index) => {
        const channel = await client.open(server.self, PROTOCOL, OPTIONS);
        await channel.send(new Uint8Array(1000).fill(index));
        await channel.close();
        return (await collect(channel)).map((message) => message[999]);
      });
      expect(await Promise.all(echoes)).toEqual(Array.from({ length: 60 }, (_, index) => [index]));
    }));

  it('brings gossip once to every subscriber, through others too, with its author', () =>
    world.run(async () => {
      const heard: string[][] = [];
      const line: Network[] = [];
      for (let index = 0; index < 4; index++) {
        heard.push([]);
        line.push(await start((one) => one.subscribe('t', (from, data) => heard[index]!.push(`${from} ${data}`))));
        if (index > 0) await line[index]!.dial(line[index - 1]!.addresses[0]!);
      }
      await sleep(world.clock, 2000);
      line[0]!.publish('t', Uint8Array.of(1, 2, 3));
      line[0]!.publish('other', Uint8Array.of(4));
      await until(() => heard.filter((messages) => messages.length > 0).length === 3);
      await sleep(world.clock, 200);
      const message = `${line[0]!.self} 1,2,3`;
      expect(heard).toEqual([[], [message], [message], [message]]);
    }));

  it('brings gossip to a peer that has only just connected', () =>
    world.run(async () => {
      let heard = 0;
      const listen = (network: Network) => {
        network.subscribe('t', () => heard++);
        network.onConnection((_peer, connected) => connected && network.publish('t', new Uint8Array(150)));
      };
      const [one, other] = [await start(listen), await start(listen)];
      await one.dial(other.addresses[0]!);
      await until(() => heard === 2);
    }));

  it('takes gossip up to its bound and refuses to send more', () =>
    world.run(async () => {
      const heard: number[] = [];
      const one = await start((network) => network.subscribe('t', (_from, data) => heard.push(data.byteLength)));
      const other = await start((network) => network.subscribe('t', () => {}));
      await other.dial(one.addresses[0]!);
      expect(await code((async () => other.publish('t', new Uint8Array(MAX_GOSSIP_BYTES + 1)))())).toBe(
        'MESSAGE_INVALID',
      );
      other.publish('t', new Uint8Array(MAX_GOSSIP_BYTES));
      await until(() => heard.length === 1);
      other.publish('t', new Uint8Array(1));
      await until(() => heard.length === 2);
      expect(heard).toEqual([MAX_GOSSIP_BYTES, 1]);
    }));

  it('tells of the first connection to a peer and the loss of the last', () =>
    world.run(async () => {
      const events: string[] = [];
      const one = await start((network) =>
        network.onConnection((peer, connected) => events.push(`${peer === other.self} ${connected}`)),
      );
      const other = await start();
      expect(await one.dial(other.addresses[0]!)).toBe(other.self);
      expect(await one.dial(other.addresses[0]!)).toBe(other.self);
      await until(() => other.connected.size === 1);
      expect([...one.connected]).toEqual([other.self]);
      expect([...other.connected]).toEqual([one.self]);
      await other.stop();
      await until(() => one.connected.size === 0);
      expect(events).toEqual(['true true', 'true false']);
      expect(other.connected.size).toBe(0);
      expect(await code(one.dial(other.self))).toBe('CONFIG_INVALID');
    }));

  it('ends the channels of a peer that stops', () =>
    world.run(async () => {
      const [client, server] = await channel();
      const reading = code(collect(client));
      await client.send(new Uint8Array(10));
      await started[0]!.stop();
      expect(['none', 'STREAM_CLOSED']).toContain(await reading);
      await until(() => started[1]!.connected.size === 0);
      expect(await code(client.send(new Uint8Array(1)))).toBe('STREAM_CLOSED');
      expect(await code(server.send(new Uint8Array(1)))).toBe('STREAM_CLOSED');
    }));

  it('counts traffic on both sides', () =>
    world.run(async () => {
      const [client, server] = await channel();
      const [receiver, sender] = [started[0]!, started[1]!];
      const before = [sender.traffic().bytesSent, receiver.traffic().bytesReceived];
      await client.send(new Uint8Array(100_000));
      await collect(server, 1);
      const grown = [sender.traffic().bytesSent - before[0]!, receiver.traffic().bytesReceived - before[1]!];
      for (const bytes of grown) {
        expect(bytes).toBeGreaterThanOrEqual(100_000);
        expect(bytes).toBeLessThan(102_000);
      }
    }));

  it('tells what the bytes sent were for', () =>
    world.run(async () => {
      const options = { maxMessageBytes: 10_000 };
      const served: Channel[] = [];
      const source = await start((network) => {
        network.handle('/murmuration/updates/1', options, (channel) => served.push(channel));
        network.subscribe('t', () => {});
      });
      let heard = 0;
      const receiver = await start((network) => network.subscribe('t', () => heard++));
      await receiver.dial(source.addresses[0]!);
      const asked = await receiver.open(source.self, '/murmuration/updates/1', options);
      await asked.send(new Uint8Array(100));
      await until(() => served.length === 1);
      await served[0]!.send(new Uint8Array(9000));
      await collect(asked, 1);
      source.publish('t', new Uint8Array(500));
      await until(() => heard === 1);

      const [ofSource, ofReceiver] = [source.traffic(), receiver.traffic()];
      const near = (bytes: number, least: number, most: number) => {
        expect(bytes).toBeGreaterThanOrEqual(least);
        expect(bytes).toBeLessThan(most);
      };
      near(ofSource.sentByKind.updates, 9000, 9010);
      expect(ofSource.sentByKind.credit).toBe(0);
      near(ofSource.sentByKind.status, 500, 1500);
      near(ofReceiver.sentByKind.credit, 100, 110);
      expect(ofReceiver.sentByKind.updates).toBe(0);
      for (const { bytesSent, sentByKind } of [ofSource, ofReceiver]) {
        expect(Object.values(sentByKind).reduce((sum, bytes) => sum + bytes)).toBe(bytesSent);
      }
    }));

  it('does nothing before start, and stops twice', () =>
    world.run(async () => {
      const network = await world.network();
      expect(network.addresses).toEqual([]);
      await network.start();
      expect(network.addresses).toHaveLength(1);
      expect(network.addresses[0]).toContain(network.self);
      await network.stop();
      await network.stop();
      expect(network.addresses).toEqual([]);
      const late = await start();
      const [address] = late.addresses;
      await late.stop();
      expect(await code((await start()).dial(address!))).toBe('JOIN_FAILED');
    }));
});
