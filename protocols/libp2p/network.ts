import { createHash } from 'node:crypto';
import { noise } from '@chainsafe/libp2p-noise';
import { type GossipSub, type GossipsubOpts, gossipsub } from '@libp2p/gossipsub';
import { type Identify, identify } from '@libp2p/identify';
import type { Libp2p, PrivateKey } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { yamux } from '@libp2p/yamux';
import { createLibp2p, type Libp2pOptions } from 'libp2p';
import type { PeerName } from '../../src/sum/origin.ts';
import { MurmurError } from '../../src/support/errors.ts';
import { streamClosed } from '../channel-errors.ts';
import { assertGossipBound, MAX_GOSSIP_BYTES } from '../gossip-bound.ts';
import type { Channel, ChannelOptions, Network, Traffic } from '../network.ts';
import { TrafficMeter } from '../traffic.ts';
import { parseAddress } from './addresses.ts';
import * as limits from './constants.ts';
import { countedTcp, SocketCounter } from './counted-tcp.ts';
import { Gossip } from './gossip.ts';
import { StreamChannel } from './stream-channel.ts';
import { StreamMeter } from './stream-meter.ts';

type Services = { identify: Identify; gossip: GossipSub };

/** As it comes over the wire, before anything of it is believed. */
type Message = Parameters<NonNullable<GossipsubOpts['fastMsgIdFn']>>[0];

export interface Libp2pNetworkInit {
  /** Addresses to listen on, `/ip4/0.0.0.0/tcp/0` for any port; none for a peer that only dials. */
  readonly listen: readonly string[];
  /** Addresses that others are told in place of these, where they reach this peer by others: behind a proxy or NAT. */
  readonly announce?: readonly string[];
  /** The peer's identity; left out, a new Ed25519 key is drawn. */
  readonly privateKey?: PrivateKey;
}

/** A network over TCP, encrypted by Noise, multiplexed by yamux. Throws CONFIG_INVALID for a malformed address. */
export async function createLibp2pNetwork(init: Libp2pNetworkInit): Promise<Network> {
  const counter = new SocketCounter();
  for (const address of init.listen) parseAddress(address, '--listen');
  for (const address of init.announce ?? []) parseAddress(address, '--announce');
  const meter = new TrafficMeter();
  const node = await createLibp2p({ ...libp2pOptions(init, counter), metrics: () => new StreamMeter(meter) });
  return new Libp2pNetwork(node, { counter, meter }, init.listen);
}

class Libp2pNetwork implements Network {
  readonly self: PeerName;
  readonly connected = new Set<PeerName>();
  readonly #node: Libp2p<Services>;
  readonly #counter: SocketCounter;
  readonly #meter: TrafficMeter;
  readonly #listen: readonly string[];
  readonly #gossip: Gossip;
  readonly #connectionListeners: ((peer: PeerName, connected: boolean) => void)[] = [];
  readonly #handlersReady: Promise<void>[] = [];
  #stopped: Promise<void> | null = null;

  constructor(
    node: Libp2p<Services>,
    { counter, meter }: { counter: SocketCounter; meter: TrafficMeter },
    listen: readonly string[],
  ) {
    this.self = node.peerId.toString();
    this.#node = node;
    this.#counter = counter;
    this.#meter = meter;
    this.#listen = listen;
    // Before the listeners below: what they publish waits for the new neighbour.
    this.#gossip = new Gossip(node);
    node.addEventListener('peer:connect', ({ detail }) => this.#connectionChanged(detail.toString(), true));
    node.addEventListener('peer:disconnect', ({ detail }) => this.#connectionChanged(detail.toString(), false));
  }

  get addresses(): readonly string[] {
    return this.#node.getMultiaddrs().map(String);
  }

  traffic(): Traffic {
    const traffic = this.#counter.traffic();
    return { ...traffic, sentByKind: this.#meter.sentByKind(traffic.bytesSent) };
  }

  async start(): Promise<void> {
    await Promise.all(this.#handlersReady);
    try {
      await this.#node.start();
    } catch (error) {
      const mend = 'choose another --listen address, or port 0 for any free port';
      const problem = causeOf(error);
      throw new MurmurError({ code: 'ADDRESS_UNAVAILABLE', address: this.#listen.join(', '), problem, mend });
    }
    this.#gossip.start();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#shutDown();
    return this.#stopped;
  }

  async dial(address: string, signal?: AbortSignal): Promise<PeerName> {
    const target = parseAddress(address, '--join');
    try {
      const connection = await this.#node.dial(target, signal ? { signal } : {});
      return connection.remotePeer.toString();
    } catch (error) {
      const mend = 'check that a peer listens there, and that firewalls let it be reached';
      throw new MurmurError({ code: 'JOIN_FAILED', address, problem: causeOf(error), mend });
    }
  }

  disconnect(peer: PeerName): void {
    const given = new Error('not talked to any more');
    for (const connection of this.#node.getConnections(peerIdFromString(peer))) connection.abort(given);
  }

  handle(protocol: string, options: ChannelOptions, serve: (channel: Channel) => void): void {
    const ready = this.#node.handle(
      protocol,
      (stream, connection) => serve(new StreamChannel(connection.remotePeer.toString(), stream, options)),
      { maxInboundStreams: limits.MAX_STREAMS, maxOutboundStreams: limits.MAX_STREAMS },
    );
    this.#handlersReady.push(ready);
  }

  async open(peer: PeerName, protocol: string, options: ChannelOptions): Promise<Channel> {
    if (!this.connected.has(peer)) throw streamClosed(peer, 'not connected');
    const connection = this.#node.getConnections(peerIdFromString(peer)).find(({ status }) => status === 'open');
    if (connection === undefined) throw streamClosed(peer, 'not connected');
    try {
      const stream = await connection.newStream(protocol, { maxOutboundStreams: limits.MAX_STREAMS });
      return new StreamChannel(peer, stream, options);
    } catch (error) {
      throw streamClosed(peer, `${protocol} did not open: ${causeOf(error)}`);
    }
  }

  subscribe(topic: string, receive: (from: PeerName, data: Uint8Array) => void): void {
    this.#gossip.subscribe(topic, receive);
  }

  publish(topic: string, data: Uint8Array): void {
    assertGossipBound(data);
    this.#gossip.publish(topic, data);
  }

  onConnection(listener: (peer: PeerName, connected: boolean) => void): void {
    this.#connectionListeners.push(listener);
  }

  /** Connections first: libp2p would tell nobody of their end once it stops. */
  async #shutDown(): Promise<void> {
    const connections = this.#node.getConnections();
    await Promise.all(connections.map((connection) => connection.close().catch((error) => connection.abort(error))));
    await this.#node.stop();
  }

  #connectionChanged(peer: PeerName, connected: boolean): void {
    if (connected) this.connected.add(peer);
    else this.connected.delete(peer);
    for (const listener of this.#connectionListeners) listener(peer, connected);
  }
}

function libp2pOptions(init: Libp2pNetworkInit, counter: SocketCounter): Libp2pOptions<Services> {
  return {
    start: false,
    ...(init.privateKey ? { privateKey: init.privateKey } : {}),
    addresses: { listen: [...init.listen], announce: [...(init.announce ?? [])] },
    transports: [countedTcp(counter)],
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({
        maxEarlyStreams: limits.MAX_EARLY_STREAMS,
        maxInboundStreams: limits.MAX_INBOUND_STREAMS,
        streamOptions: { maxStreamWindowSize: limits.MAX_WINDOW_BYTES },
      }),
    ],
    connectionManager: {
      maxConnections: limits.MAX_CONNECTIONS,
      inboundConnectionThreshold: limits.MAX_CONNECTIONS_PER_HOST_SECOND,
      dialTimeout: limits.DIAL_TIMEOUT_MS,
      addressDialTimeout: limits.DIAL_TIMEOUT_MS,
      inboundUpgradeTimeout: limits.DIAL_TIMEOUT_MS,
      maxIncomingPendingConnections: limits.MAX_CONNECTIONS_PER_HOST_SECOND,
      outboundStreamProtocolNegotiationTimeout: limits.OPEN_TIMEOUT_MS,
      inboundStreamProtocolNegotiationTimeout: limits.OPEN_TIMEOUT_MS,
    },
    connectionMonitor: {
      pingInterval: limits.PROBE_INTERVAL_MS,
      pingTimeout: { minTimeout: limits.PROBE_TIMEOUT_MS, maxTimeout: limits.PROBE_TIMEOUT_MS },
    },
    services: {
      // Who is not identified within it is never found by gossip, however long its connection stands.
      identify: identify({ timeout: limits.OPEN_TIMEOUT_MS }),
      gossip: gossipsub({
        D: limits.GOSSIP_DEGREE,
        Dlo: limits.GOSSIP_DEGREE - 1,
        Dhi: limits.MAX_GOSSIP_DEGREE,
        Dscore: 1,
        Dout: 1,
        // No lists of what was heard: a lost status is replaced by the next one sooner than it could be asked for.
        Dlazy: 0,
        gossipFactor: 0,
        floodPublish: true,
        // Who may not join a full peer's neighbourhood is told of others, whom it dials.
        doPX: true,
        prunePeers: limits.EXCHANGED_PEERS,
        scoreThresholds: { acceptPXThreshold: 0 },
        allowPublishToZeroTopicPeers: true,
        fallbackToFloodsub: false,
        fastMsgIdFn: contentHash,
        maxInboundDataLength: MAX_GOSSIP_BYTES + limits.GOSSIP_ENVELOPE_BYTES,
        decodeRpcLimits: {
          maxSubscriptions: limits.MAX_GOSSIP_PARTS,
          maxMessages: limits.MAX_GOSSIP_PARTS,
          maxControlMessages: limits.MAX_GOSSIP_PARTS,
          maxIhaveMessageIDs: limits.MAX_GOSSIP_PARTS,
          maxIwantMessageIDs: limits.MAX_GOSSIP_PARTS,
          maxIdontwantMessageIDs: limits.MAX_GOSSIP_PARTS,
          maxPeerInfos: limits.MAX_GOSSIP_PARTS,
        },
        // Many peers of one machine are no attack here.
        scoreParams: { IPColocationFactorWeight: 0 },
      }),
    },
  };
}

/**
 * Tells a message that was here before by what it holds, signature included. gossipsub's own way is to verify the signature
 * of every copy first, which is most of what gossip costs.
 */
function contentHash({ from, seqno, data, signature }: Message): string {
  const hash = createHash('sha256');
  for (const part of [from, seqno, data, signature]) if (part !== undefined) hash.update(part);
  return hash.digest('base64');
}

/** The cause in one line: libp2p wraps it in advice of its own, and adds the stack. */
function causeOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return /Error: (.+)/.exec(text)?.[1] ?? text.split('\n')[0]!;
}
