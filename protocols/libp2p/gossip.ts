import type { GossipSub } from '@libp2p/gossipsub';
import type { Libp2p, PeerId } from '@libp2p/interface';
import type { PeerName } from '../../src/sum/origin.ts';
import { sleep } from '../../src/support/clock.ts';
import { systemClock } from '../../src/support/system-clock.ts';
import { INTRODUCTION_PATIENCE_MS, INTRODUCTION_POLL_MS } from './constants.ts';

/** Topics over gossipsub, such that what is published right after a connection reaches the new neighbour too. */
export class Gossip {
  readonly #node: Libp2p<{ gossip: GossipSub }>;
  readonly #router: GossipSub;
  readonly #receivers = new Map<string, (from: PeerName, data: Uint8Array) => void>();
  /** New neighbours that gossip cannot reach yet. */
  readonly #introductions = new Set<Promise<void>>();

  constructor(node: Libp2p<{ gossip: GossipSub }>) {
    this.#node = node;
    this.#router = node.services.gossip;
    node.addEventListener('peer:connect', ({ detail }) => {
      const introduction = this.#introduction(detail).finally(() => this.#introductions.delete(introduction));
      this.#introductions.add(introduction);
    });
    this.#router.addEventListener('message', ({ detail }) => {
      // Strict signing has verified that the author signed this message.
      if (detail.type !== 'signed') return;
      // A copy, for the data is a Node buffer within a larger one.
      this.#receivers.get(detail.topic)?.(detail.from.toString(), new Uint8Array(detail.data));
    });
  }

  subscribe(topic: string, receive: (from: PeerName, data: Uint8Array) => void): void {
    this.#receivers.set(topic, receive);
  }

  /** Joins the topics; the node has started. */
  start(): void {
    for (const topic of this.#receivers.keys()) this.#router.subscribe(topic);
  }

  publish(topic: string, data: Uint8Array): void {
    const send = async () => {
      await Promise.all(this.#introductions);
      await this.#router.publish(topic, data);
    };
    // Best effort: who misses a message gets the next one.
    send().catch(() => {});
  }

  /** The router tells of no moment from which it reaches a peer, so it is asked until it does. */
  async #introduction(peer: PeerId): Promise<void> {
    // By the clock, not by the number of looks: where the machine is overloaded each of them comes late.
    const endMs = systemClock.nowMs() + INTRODUCTION_PATIENCE_MS;
    for (let waitMs = INTRODUCTION_POLL_MS; systemClock.nowMs() < endMs && !this.#introduced(peer); waitMs *= 2) {
      await sleep(systemClock, waitMs);
    }
    // It enters its stream a moment after opening it.
    await sleep(systemClock, INTRODUCTION_POLL_MS);
  }

  #introduced(peer: PeerId): boolean {
    const connections = this.#node.getConnections(peer);
    if (connections.length === 0) return true;
    const reachable = connections.some(({ streams }) =>
      streams.some(({ protocol, direction }) => direction === 'outbound' && this.#router.protocols.includes(protocol)),
    );
    const subscribers = [...this.#receivers.keys()].flatMap((topic) => this.#router.getSubscribers(topic));
    return reachable && subscribers.some((subscriber) => subscriber.equals(peer));
  }
}
