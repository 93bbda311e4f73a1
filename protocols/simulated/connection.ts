import type { PeerName } from '../../src/sum/origin.ts';
import type { ChannelOptions } from '../network.ts';
import type { TrafficMeter } from '../traffic.ts';
import type { Lane, Link } from './link.ts';
import { type Carrier, SimulatedChannel } from './simulated-channel.ts';
import type { Trace } from './trace.ts';

/** What both ends of a connection count and count with. */
export interface ConnectionEnd {
  readonly self: PeerName;
  readonly meter: TrafficMeter;
  /** Adds to what was sent, or has come. */
  count(direction: 'sent' | 'received', bytes: number): void;
  readonly isRunning: boolean;
}

/** One peer's end of a connection, and its way to the other end. */
export class Connection<Remote extends ConnectionEnd> {
  readonly remote: Remote;
  /** Which of the two peers' connections it is; see `Bonds`. */
  readonly bond: number;
  readonly link: Link;
  readonly #self: ConnectionEnd;
  readonly #trace: Trace | undefined;
  readonly #channels = new Set<SimulatedChannel>();
  readonly #gossip: Lane = { lastArrivalMs: 0 };

  constructor(self: ConnectionEnd, init: { remote: Remote; bond: number; link: Link; trace: Trace | undefined }) {
    this.remote = init.remote;
    this.bond = init.bond;
    this.link = init.link;
    this.#self = self;
    this.#trace = init.trace;
  }

  /** This peer's end of a new channel. */
  channel(
    { protocol, asking, options }: { protocol: string; asking: boolean; options: ChannelOptions },
    lost?: (problem: string) => void,
  ): SimulatedChannel {
    const { self, meter } = this.#self;
    const remote = this.remote.self;
    const lane: Lane = { lastArrivalMs: 0 };
    const carrier: Carrier = {
      carry: (bytes, arrive) => {
        this.#trace?.(self, `sends ${bytes} B of ${protocol} to ${remote}`);
        meter.sent(protocol, asking, bytes);
        this.carry(bytes, arrive, lane);
      },
      spoiled: (message) => this.#spoiled(message, 'sends'),
    };
    const ended = (channel: SimulatedChannel, problem: string | null) => {
      this.#channels.delete(channel);
      if (problem !== null) lost?.(problem);
    };
    const channel = new SimulatedChannel(remote, carrier, options, ended);
    this.#channels.add(channel);
    return channel;
  }

  /** @param name what the gossip is counted as */
  gossip(name: string, data: Uint8Array, receive: (received: Uint8Array) => void): void {
    this.#self.meter.sent(name, true, data.byteLength);
    const sent = this.#spoiled(data, 'gossips');
    this.carry(sent.byteLength, () => receive(sent), this.#gossip);
  }

  #spoiled(message: Uint8Array, does: string): Uint8Array {
    const arriving = this.link.spoiled(message);
    if (arriving !== message) this.#trace?.(this.#self.self, `${does} what will arrive with a byte wrong`);
    return arriving;
  }

  /** What belongs to no channel comes before all that channels carry later. */
  carry(bytes: number, arrive: () => void, lane?: Lane): void {
    const { remote } = this;
    const received = () => {
      if (!remote.isRunning) return;
      remote.count('received', bytes);
      arrive();
    };
    this.#self.count('sent', bytes);
    this.link.carry(bytes, received, lane);
  }

  closeChannels(): void {
    for (const channel of [...this.#channels]) channel.close();
  }

  loseChannels(): void {
    for (const channel of [...this.#channels]) channel.lose('the connection was lost');
  }
}
