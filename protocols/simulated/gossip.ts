import type { PeerName } from '../../src/sum/origin.ts';
import type { Clock } from '../../src/support/clock.ts';
import { assertGossipBound } from '../gossip-bound.ts';

/** What the real network calls its gossip. */
const GOSSIP = '/meshsub/1.2.0';
/** To so many neighbours a message is passed on at once, as in the real network's mesh; its author tells all. */
const GOSSIP_DEGREE = 3;
/** After this much whoever has it passes it on to all whom it has not reached, as the real gossip does by its heartbeat. */
const GOSSIP_HEARTBEAT_MS = 1000;

/** A message, and whom it has reached or is on its way to. */
interface Rumour {
  readonly author: PeerName;
  readonly topic: string;
  readonly data: Uint8Array;
  readonly reached: Set<PeerName>;
  /** Whoever has it. */
  readonly holders: SimulatedGossip[];
  /** So many neighbours each passes it on to. */
  degree: number;
}

/** One of the peers that a peer is connected to. */
interface Neighbour {
  readonly remote: { readonly self: PeerName; readonly gossip: SimulatedGossip };
  gossip(name: string, data: Uint8Array, receive: (received: Uint8Array) => void): void;
}

export interface GossipSurroundings {
  readonly clock: Clock;
  readonly running: ReadonlyMap<PeerName, unknown>;
}

/** A peer's part in an ideal gossip: every subscriber that can be reached through subscribers gets each message once. */
export class SimulatedGossip {
  readonly #network: { readonly self: PeerName; readonly isRunning: boolean };
  readonly #around: GossipSurroundings;
  readonly #neighbours: () => Iterable<Neighbour>;
  readonly #receivers = new Map<string, (from: PeerName, data: Uint8Array) => void>();

  constructor(
    network: { readonly self: PeerName; readonly isRunning: boolean },
    around: GossipSurroundings,
    neighbours: () => Iterable<Neighbour>,
  ) {
    this.#network = network;
    this.#around = around;
    this.#neighbours = neighbours;
  }

  subscribe(topic: string, receive: (from: PeerName, data: Uint8Array) => void): void {
    this.#receivers.set(topic, receive);
  }

  publish(topic: string, data: Uint8Array): void {
    assertGossipBound(data);
    const { self } = this.#network;
    const { clock, running } = this.#around;
    const everybody = Number.POSITIVE_INFINITY;
    const rumour: Rumour = { author: self, topic, data, reached: new Set([self]), holders: [], degree: everybody };
    this.#spread(rumour);
    rumour.degree = GOSSIP_DEGREE;
    clock.after(GOSSIP_HEARTBEAT_MS, () => {
      if (rumour.reached.size >= running.size) return;
      rumour.degree = everybody;
      for (const holder of rumour.holders.splice(0)) if (holder.#network.isRunning) holder.#spread(rumour);
    });
  }

  #spread(rumour: Rumour): void {
    const { author, topic, data, reached, degree } = rumour;
    let told = 0;
    rumour.holders.push(this);
    for (const neighbour of this.#neighbours()) {
      if (told === degree) return;
      const { self, gossip } = neighbour.remote;
      const receive = gossip.#receivers.get(topic);
      if (receive === undefined || reached.has(self)) continue;
      reached.add(self);
      told++;
      neighbour.gossip(GOSSIP, data, (received) => {
        receive(author, received);
        gossip.#spread(rumour);
      });
    }
  }
}
