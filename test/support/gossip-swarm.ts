import { GossipFeeds } from '../../peer/exchange/gossip-feeds.ts';
import { Fingers } from '../../peer/membership/fingers.ts';
import { Introductions } from '../../peer/membership/introductions.ts';
import { Neighbours } from '../../peer/membership/neighbours.ts';
import { Hello } from '../../protocols/hello/hello.ts';
import type { Channel, Network } from '../../protocols/network.ts';
import { MAX_SUBSCRIPTION_BYTES, UPDATES_PROTOCOL } from '../../protocols/updates/constants.ts';
import { decodeReceiverMessage } from '../../protocols/updates/messages.ts';
import { overlap, type Scope } from '../../protocols/updates/scope.ts';
import { manifestDigests } from '../../src/manifest.ts';
import { frameLayout } from './frames.ts';
import { testManifest } from './manifest.ts';
import type { SimulatedWorld } from './simulated-world.ts';
import { statusOf } from './status.ts';
import { UpdateNode } from './update-node.ts';

const digests = manifestDigests(testManifest());

/** A peer without a replica that gossips: its statuses reach the others by the test's hand, everything else is real. */
export interface Gossiper {
  readonly node: UpdateNode;
  readonly feeds: GossipFeeds;
  readonly introductions: Introductions;
  readonly neighbours: Neighbours;
}

/** Gossiping peers that hear of each other once a second. */
export class GossipSwarm {
  readonly peers: Gossiper[] = [];
  readonly tooFarBehind: string[] = [];
  /** Feeds that were opened while another one of their receiver still owned some of their scope. */
  overlaps = 0;
  handOvers = 0;
  /** Connections that were ever made. */
  connections = 0;
  readonly #world: SimulatedWorld;
  readonly #feeds: number;
  #over = false;

  constructor(world: SimulatedWorld, feeds: number) {
    this.#world = world;
    this.#feeds = feeds;
    this.#tend();
  }

  async join(name: string): Promise<Gossiper> {
    const { clock } = this.#world;
    let peer!: Gossiper;
    const node = await UpdateNode.start(
      this.#world,
      name,
      (node, network) => {
        const { members, inbox } = node;
        this.#watch(network);
        network.onConnection((other, isConnected) => {
          if (isConnected && name < other) this.connections++;
        });
        const introductions: Introductions = new Introductions(
          { network, clock, members, hello: new Hello({ network, clock }, digests) },
          {
            dialsAll: false,
            isFormer: (origin) => node.identity.isFormer(origin),
            onAdmitted: (other) => feeds.follow(other),
            onMentioned: (origin, sequence) => feeds.told(origin, sequence),
            onRefused: (other) => node.onInvalid(other, 'was refused'),
            onShunned: (other) => node.onInvalid(other, 'is shunned'),
          },
        );
        const fingers = new Fingers({ clock, members }, { self: name, count: this.#feeds });
        const feeds = new GossipFeeds(
          { network, clock, members, fingers, inbox },
          {
            layout: frameLayout,
            tellEvery: 8,
            onInvalid: node.onInvalid,
            onTooFarBehind: (origin) => this.tooFarBehind.push(origin),
            admits: (other) => introductions.admits(other),
          },
        );
        node.onLacking = (origin, sequence) => introductions.mention(origin, sequence);
        const exchange = { fingers, isInUse: (other: string) => feeds.uses(other) || node.source.feeds(other) };
        const neighbours = new Neighbours({ network, clock, members, introductions, exchange }, []);
        peer = { node, feeds, introductions, neighbours };
      },
      { byHearsay: true },
    );
    this.peers.push(peer);
    const first = this.peers[0]!;
    if (first !== peer) await node.network.dial(first.node.network.addresses[0]!);
    return peer;
  }

  crash(peer: Gossiper): void {
    this.peers.splice(this.peers.indexOf(peer), 1);
    this.#world.hub.cut(peer.node.network.self);
    peer.introductions.stop();
    void peer.feeds.stop();
  }

  /** Whether every peer has all that any has, and all of one total. */
  isOne(): boolean {
    const digests = new Set(this.peers.map(({ node }) => node.inbox.arrived.digest()));
    return digests.size === 1;
  }

  /** The most feeds, and the most connections, that a peer has at present. */
  load(): { feeds: number; connections: number } {
    const feeds = this.peers.map(({ node, feeds }) => [...node.network.connected].filter((p) => feeds.uses(p)).length);
    return {
      feeds: Math.max(...feeds),
      connections: Math.max(...this.peers.map(({ node }) => node.network.connected.size)),
    };
  }

  async stop(): Promise<void> {
    this.#over = true;
    for (const { introductions } of this.peers) introductions.stop();
    await Promise.all(this.peers.map(({ feeds }) => feeds.stop()));
  }

  /** Looks at every subscription as it is said, until its source has closed. */
  #watch(network: Network): void {
    const owners = new Set<Scope>();
    const open = network.open.bind(network);
    network.open = async (peer, protocol, options) => {
      const channel = await open(peer, protocol, options);
      if (protocol !== UPDATES_PROTOCOL) return channel;
      let scope: Scope | null = null;
      const send: Channel['send'] = (...pieces) => {
        const message = decodeReceiverMessage(Buffer.concat(pieces), MAX_SUBSCRIPTION_BYTES);
        if (message.kind === 'subscribe') {
          scope = message.scope;
          if ([...owners].some((owned) => overlap(owned, message.scope, network.self))) this.overlaps++;
          owners.add(scope);
          this.handOvers++;
        }
        return channel.send(...pieces);
      };
      async function* messages() {
        try {
          yield* channel.messages();
        } finally {
          if (scope !== null) owners.delete(scope);
        }
      }
      const { remote } = channel;
      return { remote, send, messages, close: () => channel.close(), abort: () => channel.abort() };
    };
  }

  #tend(): void {
    if (this.#over) return;
    for (const { node } of this.peers) {
      const { published, network } = node;
      for (const other of this.peers) {
        if (other.node !== node) other.node.members.heard(network.self, statusOf(network.self, { published }));
      }
    }
    for (const { node, neighbours } of this.peers) {
      node.absorb();
      node.members.suspectSilent();
      neighbours.tend();
    }
    this.#world.clock.after(1000, () => this.#tend());
  }
}
