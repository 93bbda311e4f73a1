import type { PeerName } from '../../src/sum/origin.ts';
import type { Clock } from '../../src/support/clock.ts';
import { MurmurError } from '../../src/support/errors.ts';
import type { Random } from '../../src/support/random.ts';
import { streamClosed } from '../channel-errors.ts';
import { assertGossipBound } from '../gossip-bound.ts';
import type { Channel, ChannelOptions, Network, Traffic } from '../network.ts';
import { TrafficMeter } from '../traffic.ts';
import { Link, type LinkSettings, Uplink } from './link.ts';
import { SimulatedChannel } from './simulated-channel.ts';

/** A dial that nobody answered, for the called one crashed, fails after this much; as long as on the real network. */
export const DIAL_TIMEOUT_MS = 10_000;

/** What the real network calls its gossip. */
const GOSSIP = '/meshsub/1.2.0';

/** What the networks of one hub share. */
export interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: LinkSettings;
  /** Started and neither stopped nor cut. */
  readonly running: Map<PeerName, SimulatedNetwork>;
  /** Peers on one side of a partition; nothing passes to or from the others. */
  parted: ReadonlySet<PeerName>;
}

interface Connection {
  readonly remote: SimulatedNetwork;
  readonly link: Link;
  readonly channels: Set<SimulatedChannel>;
}

interface Handler {
  readonly options: ChannelOptions;
  readonly serve: (channel: Channel) => void;
}

/** A peer's network within one process; addresses are `/simulated/<name>`. */
export class SimulatedNetwork implements Network {
  readonly self: PeerName;
  readonly connected = new Set<PeerName>();
  readonly #around: Surroundings;
  readonly #uplink: Uplink;
  readonly #connections = new Map<PeerName, Connection>();
  readonly #handlers = new Map<string, Handler>();
  readonly #receivers = new Map<string, (from: PeerName, data: Uint8Array) => void>();
  readonly #connectionListeners: ((peer: PeerName, connected: boolean) => void)[] = [];
  readonly #meter = new TrafficMeter();
  #bytesSent = 0;
  #bytesReceived = 0;

  constructor(self: PeerName, around: Surroundings) {
    this.self = self;
    this.#around = around;
    this.#uplink = new Uplink(around.clock, around.settings);
  }

  get addresses(): readonly string[] {
    return this.#running ? [`/simulated/${this.self}`] : [];
  }

  traffic(): Traffic {
    const bytesSent = this.#bytesSent;
    return { bytesSent, bytesReceived: this.#bytesReceived, sentByKind: this.#meter.sentByKind(bytesSent) };
  }

  async start(): Promise<void> {
    if (this.#around.running.has(this.self)) {
      const address = `/simulated/${this.self}`;
      const mend = 'choose another name';
      throw new MurmurError({ code: 'ADDRESS_UNAVAILABLE', address, problem: 'the name is taken', mend });
    }
    this.#around.running.set(this.self, this);
  }

  async stop(): Promise<void> {
    this.#leave(({ channels, link }, notice) => {
      for (const channel of [...channels]) channel.close();
      link.carry(0, notice);
    });
  }

  /** A crash: what is underway is lost, and the others learn of it a latency later. */
  cut(): void {
    this.#leave(({ link }, notice) => link.cut(notice));
  }

  /** Loses the connections to the other side of a partition. */
  partAway(): void {
    for (const peer of [...this.#connections.keys()]) if (this.#isParted(peer)) this.disconnect(peer);
  }

  async dial(address: string, signal?: AbortSignal): Promise<PeerName> {
    const peer = parseAddress(address);
    if (this.#connections.has(peer)) return peer;
    let giveUp = () => {};
    const answer = new Promise<SimulatedNetwork | null>((resolve) => {
      giveUp = () => resolve(null);
      if (this.#running && peer !== this.self && !signal?.aborted) this.#knock(peer, resolve);
      else resolve(null);
    });
    signal?.addEventListener('abort', giveUp, { once: true });
    const cancel = this.#around.clock.after(DIAL_TIMEOUT_MS, giveUp);
    const remote = await answer;
    cancel();
    signal?.removeEventListener('abort', giveUp);
    if (remote !== null) return peer;
    const mend = 'check that a peer of that name has started';
    throw new MurmurError({ code: 'JOIN_FAILED', address, problem: 'nobody answered', mend });
  }

  disconnect(peer: PeerName): void {
    const connection = this.#connections.get(peer);
    if (connection === undefined) return;
    connection.link.cut(() => connection.remote.#disconnect(this));
    this.#disconnect(connection.remote);
  }

  handle(protocol: string, options: ChannelOptions, serve: (channel: Channel) => void): void {
    this.#handlers.set(protocol, { options, serve });
  }

  open(peer: PeerName, protocol: string, options: ChannelOptions): Promise<Channel> {
    return new Promise((resolve, reject) => {
      const connection = this.#connections.get(peer);
      if (connection === undefined) return reject(streamClosed(peer, 'not connected'));
      const asking = (bytes: number) => this.#meter.sent(protocol, true, bytes);
      const here = this.#channel(connection, options, asking, (problem) => reject(streamClosed(peer, problem)));
      this.#carry(connection, 0, () => {
        const { remote } = connection;
        const back = remote.#connections.get(this.self);
        if (back?.remote !== this) return;
        const handler = remote.#handlers.get(protocol);
        if (handler === undefined) return remote.#carry(back, 0, () => here.lose(`${protocol} is not known there`));
        const serving = (bytes: number) => remote.#meter.sent(protocol, false, bytes);
        const there = remote.#channel(back, handler.options, serving);
        SimulatedChannel.pair(here, there);
        remote.#carry(back, 0, () => resolve(here));
        handler.serve(there);
      });
    });
  }

  subscribe(topic: string, receive: (from: PeerName, data: Uint8Array) => void): void {
    this.#receivers.set(topic, receive);
  }

  publish(topic: string, data: Uint8Array): void {
    assertGossipBound(data);
    this.#spread(this.self, topic, data, new Set([this.self]));
  }

  onConnection(listener: (peer: PeerName, connected: boolean) => void): void {
    this.#connectionListeners.push(listener);
  }

  get #running(): boolean {
    return this.#around.running.get(this.self) === this;
  }

  /** An ideal gossip: every subscriber that can be reached through subscribers gets each message once. */
  #spread(author: PeerName, topic: string, data: Uint8Array, reached: Set<PeerName>): void {
    for (const [peer, connection] of this.#connections) {
      const { remote } = connection;
      const receive = remote.#receivers.get(topic);
      if (receive === undefined || reached.has(peer)) continue;
      reached.add(peer);
      this.#meter.sent(GOSSIP, true, data.byteLength);
      this.#carry(connection, data.byteLength, () => {
        receive(author, data.slice());
        remote.#spread(author, topic, data, reached);
      });
    }
  }

  /** Asks a peer for a connection; answers with it, or null where nobody is. */
  #knock(peer: PeerName, answer: (remote: SimulatedNetwork | null) => void): void {
    const there = this.#link(peer);
    there.carry(0, () => {
      const remote = this.#around.running.get(peer);
      if (remote === undefined || this.#isParted(peer)) return there.carry(0, () => answer(null));
      const back = remote.#link(this.self);
      // Leaves first, so that whatever the remote sends at once finds the connection standing here.
      back.carry(0, () => {
        if (!this.#running || this.#isParted(peer)) return remote.#disconnect(this);
        this.#connect(remote, there);
        answer(remote);
      });
      remote.#connect(this, back);
    });
  }

  #isParted(peer: PeerName): boolean {
    const { parted } = this.#around;
    return parted.has(this.self) !== parted.has(peer);
  }

  #link(peer: PeerName): Link {
    const { clock, random, settings } = this.#around;
    return new Link(clock, random.fork(`${this.self}>${peer}`), this.#uplink, settings);
  }

  #connect(remote: SimulatedNetwork, link: Link): void {
    const former = this.#connections.get(remote.self);
    if (former?.remote === remote) return;
    if (former !== undefined) this.#disconnect(former.remote);
    this.#connections.set(remote.self, { remote, link, channels: new Set() });
    this.connected.add(remote.self);
    for (const listener of this.#connectionListeners) listener(remote.self, true);
  }

  #disconnect(remote: SimulatedNetwork): void {
    const connection = this.#connections.get(remote.self);
    if (connection?.remote !== remote) return;
    this.#connections.delete(remote.self);
    this.connected.delete(remote.self);
    for (const channel of [...connection.channels]) channel.lose('the connection was lost');
    for (const listener of this.#connectionListeners) listener(remote.self, false);
  }

  #leave(farewell: (connection: Connection, notice: () => void) => void): void {
    if (!this.#running) return;
    this.#around.running.delete(this.self);
    for (const connection of [...this.#connections.values()]) {
      farewell(connection, () => connection.remote.#disconnect(this));
      this.#disconnect(connection.remote);
    }
  }

  #channel(
    connection: Connection,
    options: ChannelOptions,
    count: (bytes: number) => void,
    lost?: (problem: string) => void,
  ): SimulatedChannel {
    const carry = (bytes: number, arrive: () => void) => {
      count(bytes);
      this.#carry(connection, bytes, arrive);
    };
    const ended = (channel: SimulatedChannel, problem: string | null) => {
      connection.channels.delete(channel);
      if (problem !== null) lost?.(problem);
    };
    const channel = new SimulatedChannel(connection.remote.self, carry, options, ended);
    connection.channels.add(channel);
    return channel;
  }

  #carry({ link, remote }: Connection, bytes: number, arrive: () => void): void {
    this.#bytesSent += bytes;
    link.carry(bytes, () => {
      if (!remote.#running) return;
      remote.#bytesReceived += bytes;
      arrive();
    });
  }
}

function parseAddress(address: string): PeerName {
  const name = /^\/simulated\/([^/]+)$/.exec(address)?.[1];
  if (name !== undefined) return name;
  const problem = `${address} is not an address of this network`;
  throw new MurmurError({ code: 'CONFIG_INVALID', field: '--join', problem, mend: 'use /simulated/<name>' });
}
