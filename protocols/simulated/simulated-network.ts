import type { PeerName } from '../../src/sum/origin.ts';
import type { Clock } from '../../src/support/clock.ts';
import { MurmurError } from '../../src/support/errors.ts';
import type { Random } from '../../src/support/random.ts';
import { streamClosed } from '../channel-errors.ts';
import type { Channel, ChannelOptions, Network, Traffic } from '../network.ts';
import { TrafficMeter } from '../traffic.ts';
import { addressOf, parseAddress } from './addresses.ts';
import type { Barriers } from './barriers.ts';
import type { Bonds } from './bonds.ts';
import { Connection, type ConnectionEnd } from './connection.ts';
import { SimulatedGossip } from './gossip.ts';
import { Line } from './line.ts';
import { Link } from './link.ts';
import type { Links } from './links.ts';
import { SimulatedChannel } from './simulated-channel.ts';
import type { Trace } from './trace.ts';

/** A dial that nobody answered, for the called one crashed, fails after this much; as long as on the real network. */
export const DIAL_TIMEOUT_MS = 10_000;

/** What the networks of one hub share. */
export interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
  links: Links;
  readonly barriers: Barriers;
  readonly bonds: Bonds;
  readonly trace: Trace | undefined;
  /** Those of connections that are over here, while the news of it is on its way to the other end. */
  readonly ending: Set<Link>;
  /** Started and neither stopped nor cut. */
  readonly running: Map<PeerName, SimulatedNetwork>;
}

interface Handler {
  readonly options: ChannelOptions;
  readonly serve: (channel: Channel) => void;
}

/** A peer's network within one process. */
export class SimulatedNetwork implements Network, ConnectionEnd {
  readonly self: PeerName;
  readonly connected = new Set<PeerName>();
  readonly #around: Surroundings;
  readonly #uplink: Line;
  /** For all that comes. */
  readonly downlink: Line;
  readonly #connections = new Map<PeerName, Connection<SimulatedNetwork>>();
  readonly #handlers = new Map<string, Handler>();
  readonly #connectionListeners: ((peer: PeerName, connected: boolean) => void)[] = [];
  readonly meter = new TrafficMeter();
  readonly gossip: SimulatedGossip;
  #bytesSent = 0;
  #bytesReceived = 0;

  constructor(self: PeerName, around: Surroundings) {
    this.self = self;
    this.#around = around;
    this.#uplink = new Line(around.clock, () => around.links.lineOf(self).bytesPerSecond);
    this.gossip = new SimulatedGossip(this, around, () => this.#connections.values());
    this.downlink = new Line(around.clock, () => around.links.lineOf(self).downBytesPerSecond);
  }

  get addresses(): readonly string[] {
    return this.isRunning ? [addressOf(this.self)] : [];
  }

  traffic(): Traffic {
    const bytesSent = this.#bytesSent;
    return { bytesSent, bytesReceived: this.#bytesReceived, sentByKind: this.meter.sentByKind(bytesSent) };
  }

  get isRunning(): boolean {
    return this.#around.running.get(this.self) === this;
  }

  count(direction: 'sent' | 'received', bytes: number): void {
    if (direction === 'sent') this.#bytesSent += bytes;
    else this.#bytesReceived += bytes;
  }

  async start(): Promise<void> {
    if (this.#around.running.has(this.self)) {
      const address = addressOf(this.self);
      const mend = 'choose another name';
      throw new MurmurError({ code: 'ADDRESS_UNAVAILABLE', address, problem: 'the name is taken', mend });
    }
    this.#around.running.set(this.self, this);
  }

  async stop(): Promise<void> {
    this.#leave((connection) => connection.closeChannels());
  }

  /** A crash: what is underway is lost, and the others learn of it a latency later. */
  cut(): void {
    this.#leave(({ link }) => link.cut());
  }

  /** Loses the connections to the other side of a partition. */
  partAway(): void {
    const { barriers } = this.#around;
    for (const peer of [...this.#connections.keys()]) if (barriers.parts(this.self, peer)) this.disconnect(peer);
  }

  /** Lets what came to a barrier go on, where there is none any more. */
  release(): void {
    for (const { link } of [...this.#connections.values()]) link.release();
  }

  /** Gives the connections up on which nothing is acknowledged, without a word to those at the other end. */
  giveUpSilent(): void {
    for (const connection of [...this.#connections.values()]) {
      if (!this.#around.barriers.silences(this.self, connection.remote.self)) continue;
      connection.link.cut();
      this.#disconnect(connection);
    }
  }

  async dial(address: string, signal?: AbortSignal): Promise<PeerName> {
    const peer = parseAddress(address);
    if (this.#connections.has(peer)) return peer;
    let giveUp = () => {};
    const answer = new Promise<SimulatedNetwork | null>((resolve) => {
      giveUp = () => resolve(null);
      if (this.isRunning && peer !== this.self && !signal?.aborted) this.#knock(peer, resolve);
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
    connection.link.cut();
    this.#giveNotice(connection);
    this.#disconnect(connection);
  }

  handle(protocol: string, options: ChannelOptions, serve: (channel: Channel) => void): void {
    this.#handlers.set(protocol, { options, serve });
  }

  open(peer: PeerName, protocol: string, options: ChannelOptions): Promise<Channel> {
    return new Promise((resolve, reject) => {
      const connection = this.#connections.get(peer);
      if (connection === undefined) return reject(streamClosed(peer, 'not connected'));
      const lost = (problem: string) => reject(streamClosed(peer, problem));
      const here = connection.channel({ protocol, asking: true, options }, lost);
      this.#around.trace?.(this.self, `opens ${protocol} to ${peer}`);
      connection.carry(0, () => {
        const { remote } = connection;
        const back = remote.#connections.get(this.self);
        if (back?.remote !== this) return;
        const handler = remote.#handlers.get(protocol);
        if (handler === undefined) return back.carry(0, () => here.lose(`${protocol} is not known there`));
        const there = back.channel({ protocol, asking: false, options: handler.options });
        SimulatedChannel.pair(here, there);
        back.carry(0, () => resolve(here));
        handler.serve(there);
      });
    });
  }

  subscribe(topic: string, receive: (from: PeerName, data: Uint8Array) => void): void {
    this.gossip.subscribe(topic, receive);
  }

  publish(topic: string, data: Uint8Array): void {
    this.gossip.publish(topic, data);
  }

  onConnection(listener: (peer: PeerName, connected: boolean) => void): void {
    this.#connectionListeners.push(listener);
  }

  /** Asks a peer for a connection; answers with it, or null where nobody is, or not at all. */
  #knock(peer: PeerName, answer: (remote: SimulatedNetwork | null) => void): void {
    const { barriers, bonds, running } = this.#around;
    const bond = bonds.current(this.self, peer);
    const there = this.#link(peer);
    there.carry(0, () => {
      const remote = running.get(peer);
      if (barriers.silences(this.self, peer)) return;
      const isOver = bond < bonds.current(this.self, peer);
      if (remote === undefined || isOver || barriers.parts(this.self, peer)) return there.carry(0, () => answer(null));
      const back = remote.#link(this.self);
      // Leaves first, so that whatever the remote sends at once finds the connection standing here.
      back.carry(0, () => {
        if (!this.isRunning || barriers.parts(this.self, peer)) return remote.#disconnectFrom(this, bond);
        this.#connect(remote, bond, there);
        this.#wear(peer, bond);
        answer(remote);
      });
      remote.#connect(this, bond, back);
    });
  }

  #link(peer: PeerName): Link {
    const { clock, random, barriers, running } = this.#around;
    return new Link({
      clock,
      random: random.fork(`${this.self}>${peer}`),
      uplink: this.#uplink,
      downlink: () => running.get(peer)?.downlink,
      path: () => this.#around.links.pathOf(this.self, peer),
      isBlocked: () => barriers.blocks(this.self, peer),
    });
  }

  #connect(remote: SimulatedNetwork, bond: number, link: Link): void {
    const former = this.#connections.get(remote.self);
    if (former?.remote === remote && former.bond >= bond) return;
    if (former !== undefined) this.#disconnect(former);
    const { trace } = this.#around;
    this.#connections.set(remote.self, new Connection(this, { remote, bond, link, trace }));
    this.connected.add(remote.self);
    trace?.(this.self, `is connected to ${remote.self}`);
    for (const listener of this.#connectionListeners) listener(remote.self, true);
  }

  /** Loses a connection after its life, where connections have one. */
  #wear(peer: PeerName, bond: number): void {
    const { clock, links, random } = this.#around;
    const meanMs = links.pathOf(this.self, peer).connectionMs;
    if (meanMs === undefined) return;
    const life = random.fork(`${this.self}>${peer} life ${bond}`);
    clock.after(-meanMs * Math.log(1 - life.uniform()), () => {
      const lasts = this.#around.links.pathOf(this.self, peer).connectionMs === undefined;
      if (!lasts && this.#connections.get(peer)?.bond === bond) this.disconnect(peer);
    });
  }

  /** Tells the remote that a connection is over. */
  #giveNotice({ remote, bond, link }: Connection<SimulatedNetwork>): void {
    const { ending } = this.#around;
    ending.add(link);
    link.carryLast(() => {
      ending.delete(link);
      remote.#disconnectFrom(this, bond);
    });
  }

  #disconnectFrom(remote: SimulatedNetwork, bond: number): void {
    const connection = this.#connections.get(remote.self);
    if (connection?.remote === remote && connection.bond <= bond) this.#disconnect(connection);
  }

  #disconnect(connection: Connection<SimulatedNetwork>): void {
    const { remote, bond } = connection;
    if (this.#connections.get(remote.self) !== connection) return;
    this.#connections.delete(remote.self);
    this.connected.delete(remote.self);
    this.#around.bonds.end(this.self, remote.self, bond);
    this.#around.trace?.(this.self, `is no longer connected to ${remote.self}`);
    connection.loseChannels();
    for (const listener of this.#connectionListeners) listener(remote.self, false);
  }

  #leave(farewell: (connection: Connection<SimulatedNetwork>) => void): void {
    if (!this.isRunning) return;
    this.#around.running.delete(this.self);
    for (const connection of [...this.#connections.values()]) {
      farewell(connection);
      this.#giveNotice(connection);
      this.#disconnect(connection);
    }
  }
}
