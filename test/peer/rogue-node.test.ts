import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { noise } from '@chainsafe/libp2p-noise';
import type { Libp2p, Stream } from '@libp2p/interface';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { afterEach, expect, test } from 'vitest';
import { DirectFeeds } from '../../peer/exchange/direct-feeds.ts';
import { Inbox } from '../../peer/exchange/inbox.ts';
import { Introductions } from '../../peer/membership/introductions.ts';
import { Members } from '../../peer/membership/members.ts';
import { HELLO_PROTOCOL } from '../../protocols/hello/constants.ts';
import { Hello } from '../../protocols/hello/hello.ts';
import { encodeHello } from '../../protocols/hello/messages.ts';
import { lengthPrefix } from '../../protocols/libp2p/framing.ts';
import { createLibp2pNetwork } from '../../protocols/libp2p/network.ts';
import type { Network } from '../../protocols/network.ts';
import { UPDATES_PROTOCOL } from '../../protocols/updates/constants.ts';
import { encodeReceiverMessage, encodeSourceMessage } from '../../protocols/updates/messages.ts';
import { FrameReader } from '../../protocols/updates/update-reader.ts';
import { UpdateSource } from '../../protocols/updates/update-source.ts';
import { manifestDigests } from '../../src/manifest.ts';
import { Identity } from '../../src/sum/identity.ts';
import { UpdateLog } from '../../src/sum/update-log.ts';
import { systemClock as clock } from '../../src/support/system-clock.ts';
import { frameLayout, frameOf, frameUnit } from '../support/frames.ts';
import { testManifest } from '../support/manifest.ts';

const listen = ['/ip4/127.0.0.1/tcp/0'];
const digests = manifestDigests(testManifest());
const UPDATES = 300;
/** Streams and windows of one rogue; the rest is libp2p's and the compiler's own. */
const MAX_GROWTH_BYTES = 2 ** 28;

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** A peer without a replica on the real network: it meets others, follows them, publishes, and takes what comes. */
class Node {
  readonly network: Network;
  readonly happened: string[] = [];
  readonly inbox: Inbox;
  readonly identity: Identity;
  readonly introductions: Introductions;
  readonly #source: UpdateSource;
  #published = 0;

  constructor(network: Network) {
    this.network = network;
    const log = new UpdateLog(2 ** 24);
    this.identity = new Identity(network.self, () => 1n);
    const members = new Members(clock, () => {});
    const onInvalid = (peer: string, problem: string) => {
      this.happened.push(`invalid: ${problem}`);
      this.introductions.offended(peer);
    };
    this.introductions = new Introductions(
      { network, clock, members, hello: new Hello({ network, clock }, digests) },
      {
        isFormer: (origin) => this.identity.isFormer(origin),
        dialsAll: true,
        onAdmitted: (peer) => feeds.follow(peer),
        onMentioned: () => {},
        onRefused: (_peer, error) => this.happened.push(error.code),
        onShunned: (peer) => this.happened.push(`shunned ${peer}`),
      },
    );
    const { introductions, identity } = this;
    const admits = (peer: string) => introductions.admits(peer);
    this.#source = new UpdateSource(
      { network, clock, log },
      { layout: frameLayout, unit: frameUnit, identity, admits, onInvalid, onTold: () => {} },
    );
    this.inbox = new Inbox(
      { clock, log, identity, reader: new FrameReader(frameLayout, frameUnit) },
      { onArrival: () => {} },
    );
    const { inbox } = this;
    const feeds = new DirectFeeds(
      { network, clock, members, inbox },
      { layout: frameLayout, tellEvery: 4, onInvalid, onTooFarBehind: () => {} },
    );
    stops.push(async () => {
      introductions.stop();
      this.#source.stop();
      await feeds.stop();
    });
  }

  publish(): void {
    this.inbox.acceptOwn(this.identity.origin, ++this.#published, frameOf(this.#published));
    this.#source.logGrew();
    this.inbox.take(() => {});
    this.inbox.tell();
  }
}

async function nodeOf(): Promise<Node> {
  const network = await createLibp2pNetwork({ listen });
  const node = new Node(network);
  stops.push(() => network.stop());
  await network.start();
  return node;
}

async function rogueOf(serve: Readonly<Record<string, (stream: Stream) => unknown>>): Promise<Libp2p> {
  const rogue = await createLibp2p({
    addresses: { listen },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
  });
  for (const [protocol, handler] of Object.entries(serve))
    await rogue.handle(protocol, (stream) => void handler(stream));
  stops.push(() => rogue.stop());
  return rogue;
}

const framed = (...pieces: readonly Uint8Array[]) => {
  const message = Buffer.concat(pieces);
  return new Uint8Array(Buffer.concat([lengthPrefix(message.length), message]));
};
const hello = framed(encodeHello(digests));

/** Both honest peers get all that the other publishes from now on, while the rogue does what it does. */
async function expectGoingOn(a: Node, b: Node): Promise<void> {
  for (let n = 0; n < UPDATES; n++) {
    a.publish();
    b.publish();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const got = (node: Node, other: Node) => node.inbox.arrived.get(other.identity.origin);
  await expect.poll(() => [got(a, b), got(b, a)], { timeout: 30_000 }).toEqual([UPDATES, UPDATES]);
}

async function pair(): Promise<[Node, Node]> {
  const nodes: [Node, Node] = [await nodeOf(), await nodeOf()];
  await nodes[0].network.dial(nodes[1].network.addresses[0]!);
  await expect.poll(() => nodes[0].introductions.admits(nodes[1].network.self)).toBe(true);
  return nodes;
}

test('beside one that stalls in every way, half-way through what it says, the others go on', async () => {
  const [a, b] = await pair();
  const before = process.memoryUsage();
  const half = (stream: Stream) => stream.send(hello.subarray(0, hello.length / 2));
  const rogue = await rogueOf({ [HELLO_PROTOCOL]: half, [UPDATES_PROTOCOL]: half });
  const sockets: Socket[] = [];
  for (const node of [a, b]) {
    const address = multiaddr(node.network.addresses[0]!);
    const connection = await rogue.dial(address);
    // Streams without end: half a message with a gigantic length before it, or nothing at all.
    const opened = await Promise.allSettled(
      Array.from({ length: 200 }, async (_, n) => {
        const stream = await connection.newStream(n % 2 === 0 ? UPDATES_PROTOCOL : HELLO_PROTOCOL);
        stream.send(Uint8Array.of(0xff, 0xff, 0x7f, 1, 2, 3));
      }),
    );
    expect(opened.length).toBe(200);
    // And connections that stop in the handshake.
    for (let n = 0; n < 50; n++) {
      const socket = connect(Number(/tcp\/(\d+)/.exec(node.network.addresses[0]!)![1]), '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.write('\x13/multistream/1.0.0');
      sockets.push(socket);
    }
  }
  stops.push(() => sockets.forEach((socket) => socket.destroy()));
  await expectGoingOn(a, b);
  const after = process.memoryUsage();
  expect(after.heapUsed + after.external - before.heapUsed - before.external).toBeLessThan(MAX_GROWTH_BYTES);
});

test('one that says the right hello and then nonsense is sent away by both, and they go on', async () => {
  const [a, b] = await pair();
  const rogue = await rogueOf({
    [HELLO_PROTOCOL]: async (stream) => {
      stream.send(hello);
      await stream.close();
    },
    [UPDATES_PROTOCOL]: (stream) => {
      const origin = `${rogue.peerId.toString()}/0000000000000001`;
      stream.send(framed(...encodeSourceMessage({ kind: 'origin', origin })));
      stream.send(
        framed(...encodeSourceMessage({ kind: 'updates', updates: [{ origin: 0, frame: frameOf(2 ** 40) }] })),
      );
    },
  });
  const everyone = [a, b];
  for (const node of everyone) {
    const connection = await rogue.dial(multiaddr(node.network.addresses[0]!));
    await expect.poll(() => node.introductions.admits(rogue.peerId.toString())).toBe(true);
    // Said twice, which a subscription may not be.
    for (let n = 0; n < 20; n++) {
      const stream = await connection.newStream(UPDATES_PROTOCOL).catch(() => null);
      if (stream === null) break;
      const subscription = encodeReceiverMessage({
        kind: 'subscribe',
        scope: ['x'],
        vector: [],
        windowBytes: 2 ** 20,
        salt: 0,
      });
      try {
        for (let twice = 0; twice < 2; twice++) stream.send(framed(subscription));
      } catch {
        break;
      }
    }
  }
  await expectGoingOn(a, b);
  const shunned = `shunned ${rogue.peerId.toString()}`;
  for (const node of everyone) {
    await expect.poll(() => node.happened.filter((each) => each === shunned), { timeout: 30_000 }).toHaveLength(1);
    expect(node.network.connected.has(rogue.peerId.toString())).toBe(false);
    expect(node.happened.length).toBeLessThan(30);
  }
});
