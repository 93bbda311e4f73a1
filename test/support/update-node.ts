import { Inbox } from '../../peer/exchange/inbox.ts';
import { Members } from '../../peer/membership/members.ts';
import type { Network } from '../../protocols/network.ts';
import { maxSourceMessageBytes } from '../../protocols/updates/constants.ts';
import { UpdateFeed } from '../../protocols/updates/update-feed.ts';
import { FrameReader } from '../../protocols/updates/update-reader.ts';
import { UpdateSource } from '../../protocols/updates/update-source.ts';
import { Identity } from '../../src/sum/identity.ts';
import type { OriginKey, PeerName } from '../../src/sum/origin.ts';
import { UpdateLog } from '../../src/sum/update-log.ts';
import { frameLayout, frameOf, frameUnit } from './frames.ts';
import type { SimulatedWorld } from './simulated-world.ts';

/** The half of a peer that exchanges updates, without a replica: what arrives is taken when the test says so. */
export class UpdateNode {
  readonly identity: Identity;
  readonly log = new UpdateLog(2 ** 24);
  readonly members: Members;
  readonly inbox: Inbox;
  readonly invalid: string[] = [];
  source!: UpdateSource;
  network!: Network;
  published = 0;
  /** A subscriber has more updates of an origin. */
  onLacking: (origin: OriginKey, sequence: number) => void = () => {};

  private constructor(world: SimulatedWorld, name: PeerName, byHearsay: boolean) {
    const { clock } = world;
    this.identity = new Identity(name, () => 1n);
    this.members = new Members(clock, () => {}, byHearsay);
    this.inbox = new Inbox(
      { clock, log: this.log, identity: this.identity, reader: new FrameReader(frameLayout, frameUnit) },
      { onArrival: (origin) => this.source.logGrew(origin) },
    );
  }

  /** @param prepare registers further protocols before the network starts */
  static async start(
    world: SimulatedWorld,
    name: PeerName,
    prepare: (node: UpdateNode, network: Network) => void = () => {},
    { byHearsay = false } = {},
  ): Promise<UpdateNode> {
    const node = new UpdateNode(world, name, byHearsay);
    node.network = await world.start(name, (network) => {
      node.source = new UpdateSource(
        { network, clock: world.clock, log: node.log },
        {
          layout: frameLayout,
          unit: frameUnit,
          identity: node.identity,
          admits: () => true,
          onInvalid: node.onInvalid,
          onTold: (origin, sequence) => {
            if (sequence > node.inbox.arrived.get(origin)) node.onLacking(origin, sequence);
          },
        },
      );
      prepare(node, network);
    });
    return node;
  }

  /** Nodes that nobody has connected yet, in the order of their names. */
  static async startAll<const N extends readonly PeerName[]>(
    world: SimulatedWorld,
    ...names: N
  ): Promise<{ readonly [K in keyof N]: UpdateNode }> {
    const nodes: UpdateNode[] = [];
    for (const name of names) nodes.push(await UpdateNode.start(world, name));
    return nodes as { readonly [K in keyof N]: UpdateNode };
  }

  get origin(): OriginKey {
    return this.identity.origin;
  }

  readonly onInvalid = (peer: PeerName, problem: string): void => {
    this.invalid.push(`${peer}: ${problem}`);
  };

  async meet(other: UpdateNode): Promise<void> {
    await this.dial(other.network);
    other.members.admit(this.network.self);
  }

  /** Connects to a peer that may be no node, and admits it. */
  async dial(other: Network): Promise<void> {
    await this.network.dial(other.addresses[0]!);
    this.members.admit(other.self);
  }

  publish(updates: number): void {
    const to = this.published + updates;
    this.hold(this.origin, to);
    this.published = to;
  }

  /** Has the updates of an origin up to `to`, wherever they came from. */
  hold(origin: OriginKey, to: number): void {
    for (let n = this.inbox.arrived.get(origin) + 1; n <= to; n++) this.inbox.acceptOwn(origin, n, frameOf(n));
    this.source.logGrew(origin);
  }

  /** A feed that stays open until it is stopped. */
  feedOf({ clock }: SimulatedWorld, source: PeerName, scope: readonly PeerName[]) {
    const tooFarBehind: [OriginKey, number][] = [];
    const feed = new UpdateFeed(
      { network: this.network, clock },
      {
        source,
        scope,
        windowBytes: 2 ** 20,
        maxMessageBytes: maxSourceMessageBytes(frameLayout),
        tellEvery: 1,
        arrived: this.inbox.arrived,
        receive: (...update) => this.inbox.accept(...update),
        onTooFarBehind: (origin, floor) => tooFarBehind.push([origin, floor]),
      },
    );
    const end = new AbortController();
    const done = feed.run(end.signal);
    const stop = () => {
      end.abort();
      return done;
    };
    return { tooFarBehind, stop };
  }

  /** Takes all that waits, as a replica would. */
  absorb(): readonly { readonly origin: OriginKey }[] {
    return this.inbox.take(() => {});
  }
}
