import { HELLO_PROTOCOL } from '../../protocols/hello/constants.ts';
import { Hello } from '../../protocols/hello/hello.ts';
import type { Channel, Network } from '../../protocols/network.ts';
import { statusTopic } from '../../protocols/status/constants.ts';
import { encodeStatus, type Status } from '../../protocols/status/messages.ts';
import { UPDATES_PROTOCOL } from '../../protocols/updates/constants.ts';
import { encodeReceiverMessage, encodeSourceMessage, type SourceMessage } from '../../protocols/updates/messages.ts';
import { type Manifest, manifestDigest, manifestDigests } from '../../src/manifest.ts';
import type { PeerName } from '../../src/sum/origin.ts';
import { type Clock, sleep } from '../../src/support/clock.ts';
import { statusOf } from './status.ts';

const MAX_MESSAGE_BYTES = 2 ** 24;

export interface RogueInit {
  readonly network: Network;
  readonly clock: Clock;
  readonly manifest: Manifest;
  /** Feeds that others open to it; left out, it answers nothing and reads nothing. */
  readonly serve?: (channel: Channel) => Promise<void>;
  /** Answers no hello. */
  readonly mute?: boolean;
}

/** A peer that says the right hello and then whatever it likes. */
export class Rogue {
  readonly network: Network;
  readonly clock: Clock;
  readonly #topic: string;

  /** Registers its protocols: create it before the network starts. */
  constructor({ network, clock, manifest, serve, mute = false }: RogueInit) {
    this.network = network;
    this.clock = clock;
    this.#topic = statusTopic(manifestDigest(manifest));
    if (mute) network.handle(HELLO_PROTOCOL, { maxMessageBytes: MAX_MESSAGE_BYTES }, () => {});
    else new Hello({ network, clock }, manifestDigests(manifest));
    network.subscribe(this.#topic, () => {});
    network.handle(UPDATES_PROTOCOL, { maxMessageBytes: MAX_MESSAGE_BYTES }, (channel) => {
      serve?.(channel).catch(() => channel.abort());
    });
  }

  get peers(): readonly PeerName[] {
    return [...this.network.connected];
  }

  say(replaced: Partial<Status> = {}): void {
    this.shout(encodeStatus(statusOf(this.network.self, { addresses: this.network.addresses, ...replaced })));
  }

  /** Puts any bytes on the topic of the statuses. */
  shout(bytes: Uint8Array): void {
    this.network.publish(this.#topic, bytes);
  }

  /** A status a second until the network ends, so that nobody takes it for silent. */
  async keepSaying(replaced: Partial<Status> = {}): Promise<void> {
    for (;;) {
      this.say(replaced);
      await sleep(this.clock, 1_000);
    }
  }

  open(peer: PeerName, protocol: string = UPDATES_PROTOCOL): Promise<Channel> {
    return this.network.open(peer, protocol, { maxMessageBytes: MAX_MESSAGE_BYTES });
  }

  /** Subscribes to a peer's own updates. */
  async subscribe(peer: PeerName, windowBytes = 2 ** 20): Promise<Channel> {
    const channel = await this.open(peer);
    await channel.send(encodeReceiverMessage({ kind: 'subscribe', scope: [peer], vector: [], windowBytes, salt: 0 }));
    return channel;
  }
}

export async function sendSourceMessages(channel: Channel, ...messages: readonly SourceMessage[]): Promise<void> {
  for (const message of messages) await channel.send(...encodeSourceMessage(message));
}
