import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type Socket } from 'node:net';
import { generateKeyPair } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  CHUNK_BYTES,
  MAX_GOSSIP_DEGREE,
  MAX_INBOUND_STREAMS,
  MAX_STREAMS,
} from '../../../protocols/libp2p/constants.ts';
import { createLibp2pNetwork } from '../../../protocols/libp2p/network.ts';
import type { Channel, Network } from '../../../protocols/network.ts';
import { sleep } from '../../../src/support/clock.ts';
import { isFailure } from '../../../src/support/errors.ts';
import { systemClock } from '../../../src/support/system-clock.ts';
import { failureOf } from '../../support/failures.ts';

const LISTEN = ['/ip4/127.0.0.1/tcp/0'];
const PROTOCOL = '/test/1';
const OPTIONS = { maxMessageBytes: 2 ** 20 };

async function echo(channel: Channel): Promise<void> {
  try {
    for await (const message of channel.messages()) await channel.send(message);
  } catch (error) {
    if (!isFailure(error)) throw error;
  }
}

async function askFor(channel: Channel, bytes: number): Promise<number> {
  await channel.send(new Uint8Array(bytes));
  for await (const answer of channel.messages()) return answer.length;
  throw new Error('closed without an answer');
}

describe('libp2p network', () => {
  const started: Network[] = [];
  /** All sockets of this process, both ends: the oracle of the counts. */
  let sockets: Socket[] = [];
  const watch = (message: unknown) => void sockets.push((message as { socket: Socket }).socket);

  beforeEach(() => {
    sockets = [];
    subscribe('net.client.socket', watch);
    subscribe('net.server.socket', watch);
  });

  afterEach(async () => {
    unsubscribe('net.client.socket', watch);
    unsubscribe('net.server.socket', watch);
    await Promise.all(started.splice(0).map((network) => network.stop()));
  });

  async function start(prepare: (network: Network) => void = () => {}, listen = LISTEN): Promise<Network> {
    const network = await createLibp2pNetwork({ listen });
    prepare(network);
    await network.start();
    started.push(network);
    return network;
  }

  /** A client that is connected to a server, and opens channels to it, which `serve` gets. */
  async function connected(serve: (channel: Channel) => void = () => {}) {
    const server = await start((network) => network.handle(PROTOCOL, OPTIONS, serve));
    const client = await start();
    await client.dial(server.addresses[0]!);
    return { client, open: () => client.open(server.self, PROTOCOL, OPTIONS) };
  }

  /** What a client's connection carries for what `send` says on a channel, and nothing beside it. */
  async function bytesFor(send: (channel: Channel) => Promise<void>): Promise<number> {
    const { client, open } = await connected();
    const channel = await open();
    await sleep(systemClock, 300);
    const before = client.traffic().bytesSent;
    await send(channel);
    await sleep(systemClock, 300);
    return client.traffic().bytesSent - before;
  }

  it('takes its name from the key', async () => {
    const privateKey = await generateKeyPair('Ed25519');
    const network = await createLibp2pNetwork({ listen: LISTEN, privateKey });
    expect(network.self).toBe(peerIdFromPrivateKey(privateKey).toString());
  });

  it('counts exactly the bytes that the sockets carried', async () => {
    const serve = async (channel: Channel) => {
      for await (const message of channel.messages()) await channel.send(message.subarray(0, 100));
      await channel.close();
    };
    const networks: Network[] = [];
    for (let index = 0; index < 3; index++) {
      networks.push(
        await start((network) => {
          network.handle(PROTOCOL, OPTIONS, serve);
          network.subscribe('t', () => {});
        }),
      );
      for (const other of networks.slice(0, -1)) await networks[index]!.dial(other.addresses[0]!);
    }
    const [one, other, third] = networks as [Network, Network, Network];
    const channel = await one.open(third.self, PROTOCOL, OPTIONS);
    for (let index = 0; index < 20; index++) await channel.send(new Uint8Array(30_000));
    await channel.close();
    for await (const _message of channel.messages());
    other.publish('t', new Uint8Array(150));
    await sleep(systemClock, 500);

    // A socket belongs to who listens on its port, or else to who dialled.
    const ports = networks.map((network) => Number(network.addresses[0]!.split('/')[4]));
    const owner = (socket: Socket) => {
      const listening = ports.indexOf(socket.localPort!);
      if (listening >= 0) return listening;
      const twin = sockets.find(({ remotePort }) => remotePort === socket.localPort)!;
      // Later peers dial earlier ones: each earlier one is dialled by the later ones in turn.
      const callers = sockets.filter((end) => end.localPort === twin.localPort);
      return ports.indexOf(twin.localPort!) + 1 + callers.indexOf(twin);
    };
    const expected = networks.map(() => ({ bytesSent: 0, bytesReceived: 0 }));
    for (const socket of sockets) {
      expected[owner(socket)]!.bytesSent += socket.bytesWritten;
      expected[owner(socket)]!.bytesReceived += socket.bytesRead;
    }
    expect(sockets).toHaveLength(6);
    expect(networks.map((network) => network.traffic())).toMatchObject(expected);
    expect(expected[0]!.bytesSent).toBeGreaterThan(600_000);

    await third.stop();
    const after = third.traffic();
    expect(after.bytesSent).toBeGreaterThanOrEqual(expected[2]!.bytesSent);
    await sleep(systemClock, 50);
    const ends = sockets.filter((socket) => socket.destroyed);
    expect(ends.length).toBeGreaterThanOrEqual(2);
    expect(third.traffic()).toEqual(after);
  });

  it.each([
    ['CHUNK_BYTES leave in one frame and two encrypted messages', CHUNK_BYTES, [1, 2]],
    ['one byte more leaves in another of each', CHUNK_BYTES + 1, [2, 3]],
  ] as const)('%s', async (_what, bytes, [frames, messages]) => {
    const [yamuxHead, noiseLength, noiseTag] = [12, 2, 16];
    const around = frames * yamuxHead + messages * (noiseLength + noiseTag);
    // Three of the bytes tell the length.
    const sent = await bytesFor((channel) => channel.send(new Uint8Array(10), new Uint8Array(bytes - 13)));
    expect(sent).toBe(bytes + around);
  });

  it('writes small messages of one go together', async () => {
    const sent = await bytesFor(async (channel) => {
      for (let index = 0; index < 50; index++) await channel.send(new Uint8Array(99));
    });
    expect(sent).toBe(50 * 100 + 30);
  });

  it('brings gossip from everyone to everyone where all have joined one and the same', async () => {
    const peers = MAX_GOSSIP_DEGREE + 6;
    const heard = new Map<Network, Set<string>>();
    const networks: Network[] = [];
    for (let index = 0; index < peers; index++) {
      const network = await start((each) => {
        heard.set(each, new Set());
        each.subscribe('topic', (from) => heard.get(each)!.add(from));
      });
      networks.push(network);
    }
    await Promise.all(networks.slice(1).map((network) => network.dial(networks[0]!.addresses[0]!)));
    while ([...heard.values()].some(({ size }) => size < peers - 1)) {
      for (const network of networks) network.publish('topic', Uint8Array.of(1));
      await sleep(systemClock, 250);
    }
    // Sent on to others by the first one, each peer has some neighbours and none has all.
    expect(Math.max(...networks.slice(1).map(({ connected }) => connected.size))).toBeLessThan(peers - 1);
  }, 30_000);

  it('serves MAX_INBOUND_STREAMS of one connection in all, and its older ones go on', async () => {
    const protocols = Array.from({ length: MAX_INBOUND_STREAMS / MAX_STREAMS + 1 }, (_, n) => `${PROTOCOL}/${n}`);
    const server = await start((network) => {
      for (const protocol of protocols) network.handle(protocol, OPTIONS, (channel) => void echo(channel));
    });
    const client = await start();
    await client.dial(server.addresses[0]!);
    const opened: Channel[] = [];
    for (const protocol of protocols) {
      const turn = Array.from({ length: MAX_STREAMS }, () => client.open(server.self, protocol, OPTIONS));
      for (const result of await Promise.allSettled(turn)) if (result.status === 'fulfilled') opened.push(result.value);
    }
    const answers = await Promise.allSettled(opened.map((channel) => askFor(channel, 3)));
    const served = answers.filter(({ status }) => status === 'fulfilled').length;
    expect(served).toBeLessThanOrEqual(MAX_INBOUND_STREAMS);
    // Some are libp2p's own.
    expect(served).toBeGreaterThan(MAX_INBOUND_STREAMS - 8);
  });

  it('tells a crashed connection from a closed channel', async () => {
    let accept = (_channel: Channel) => {};
    const accepted = new Promise<Channel>((resolve) => {
      accept = resolve;
    });
    const { client, open } = await connected((channel) => accept(channel));
    const channel = await open();
    await channel.send(new Uint8Array(10));
    const reader = (await accepted).messages()[Symbol.asyncIterator]();
    expect((await reader.next()).value).toHaveLength(10);
    const lost = failureOf(reader.next(), 'STREAM_CLOSED');
    for (const socket of sockets) socket.destroy();
    expect((await lost).failure).toMatchObject({ peer: client.self });
    // What is sent before the sender has heard of it is lost like all that was under way.
    const sending = (async () => {
      for (;;) {
        await channel.send(new Uint8Array(1));
        await sleep(systemClock, 1);
      }
    })();
    await failureOf(sending, 'STREAM_CLOSED');
  });

  it('says which address is taken and how to go on', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const taken = `/ip4/127.0.0.1/tcp/${port}`;
    const network = await createLibp2pNetwork({ listen: [taken] });
    const { failure } = await failureOf(network.start(), 'ADDRESS_UNAVAILABLE');
    expect(failure).toMatchObject({ address: taken, problem: expect.stringContaining('EADDRINUSE') });
    await network.stop();
    await new Promise((resolve) => server.close(resolve));
  });

  it.each([
    '',
    'localhost:5000',
    '/ip4/127.0.0.1',
    '/ip4/127.0.0.1/udp/1',
    '/ip4/127.0.0.1/tcp/99999',
    '/ip4/1.1.1/tcp/1',
  ])('refuses the malformed address "%s"', async (address) => {
    const listening = await failureOf(createLibp2pNetwork({ listen: [address] }), 'CONFIG_INVALID');
    expect(listening.failure).toMatchObject({ field: '--listen' });
    const network = await start();
    const dialling = await failureOf(network.dial(address), 'CONFIG_INVALID');
    expect(dialling.failure).toMatchObject({ field: '--join' });
  });

  it('fails to dial nobody, another than it asked for, and when given up', async () => {
    const [one, other] = [await start(), await start()];
    const nobody = '/ip4/127.0.0.1/tcp/1';
    const wrong = `${other.addresses[0]!.split('/p2p/')[0]}/p2p/${peerIdFromPrivateKey(await generateKeyPair('Ed25519'))}`;
    for (const address of [nobody, wrong]) {
      const { failure } = await failureOf(one.dial(address), 'JOIN_FAILED');
      expect(failure).toMatchObject({ address });
    }
    await failureOf(one.dial(other.addresses[0]!, AbortSignal.abort()), 'JOIN_FAILED');
  });

  it('stops although a channel is full and nobody reads it', async () => {
    const { client, open } = await connected();
    const channel = await open();
    const sending = failureOf(async () => {
      for (;;) await channel.send(new Uint8Array(100_000));
    }, 'STREAM_CLOSED');
    await sleep(systemClock, 200);
    await client.stop();
    await sending;
    await sleep(systemClock, 200);
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true, true]);
  });

  it('limits the channels of one protocol over a connection', async () => {
    const { open } = await connected();
    const channels: Channel[] = [];
    for (let index = 0; index < MAX_STREAMS + 6; index++) channels.push(await open());
    await sleep(systemClock, 200);
    const sends = await Promise.allSettled(channels.map((channel) => channel.send(new Uint8Array(1))));
    const refused = sends.filter((send) => send.status === 'rejected');
    expect(refused).toHaveLength(6);
    for (const { reason } of refused) expect(isFailure(reason, 'STREAM_CLOSED')).toBe(true);
  });
});
