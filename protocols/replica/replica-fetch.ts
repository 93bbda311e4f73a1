import { createHash } from 'node:crypto';
import type { PeerName } from '../../src/sum/origin.ts';
import { type Clock, sleep } from '../../src/support/clock.ts';
import { isFailure, MurmurError } from '../../src/support/errors.ts';
import { streamClosed } from '../channel-errors.ts';
import type { Channel, Network } from '../network.ts';
import { MAX_HEAD_BYTES, MAX_TRIES, PIECE_BYTES, REPLICA_PROTOCOL, RETRY_DELAY_MS } from './constants.ts';
import { decodeSourceMessage, encodeReceiverMessage, type ReceiverMessage, type ReplicaHead } from './messages.ts';
import { beforeStall } from './stall.ts';

export type { ReplicaHead } from './messages.ts';

export interface ReplicaFetchInit {
  readonly source: PeerName;
  /** The most that this model's image can take: `maxImageBytes` of its parameters. */
  readonly maxImageBytes: number;
  /** Decides on the head, before the bulk comes; asked again where the source has another image by then. */
  readonly wants: (head: ReplicaHead) => boolean;
  readonly onProgress?: (receivedBytes: number, totalBytes: number) => void;
  readonly signal: AbortSignal;
}

export interface FetchedReplica extends ReplicaHead {
  /** An image for `decodeReplicaImage`; its hash was compared, its content not looked at. */
  readonly bytes: Uint8Array;
}

interface Components {
  readonly network: Network;
  readonly clock: Clock;
}

/**
 * Fetches the replica of a connected peer, going on where a stream breaks; null where `wants` says no. Throws
 * MESSAGE_INVALID where the source breaks the protocol or the image does not have its hash; STREAM_CLOSED or TIMED_OUT
 * where `MAX_TRIES` streams were not enough; STREAM_CLOSED after an abort.
 */
export async function fetchReplica(components: Components, init: ReplicaFetchInit): Promise<FetchedReplica | null> {
  const fetch = new ReplicaFetch(components, init);
  for (let tries = 1; ; tries++) {
    try {
      return await fetch.attempt();
    } catch (error) {
      const passing = isFailure(error, 'STREAM_CLOSED') || isFailure(error, 'TIMED_OUT');
      if (!passing || tries === MAX_TRIES || init.signal.aborted) throw error;
    }
    await sleep(components.clock, tries * RETRY_DELAY_MS, init.signal);
  }
}

/** What there is of an image, over all streams that bring it. */
class ReplicaFetch {
  readonly #network: Network;
  readonly #clock: Clock;
  readonly #init: ReplicaFetchInit;
  #head: ReplicaHead | null = null;
  #image = new Uint8Array(0);
  #received = 0;

  constructor({ network, clock }: Components, init: ReplicaFetchInit) {
    this.#network = network;
    this.#clock = clock;
    this.#init = init;
  }

  async attempt(): Promise<FetchedReplica | null> {
    const channel = await this.#open();
    try {
      const replica = await this.#receive(channel);
      channel.close().catch(() => channel.abort());
      return replica;
    } catch (error) {
      channel.abort();
      throw error;
    }
  }

  /** Opening may take long where the source is frozen: an abort does not wait for it. */
  async #open(): Promise<Channel> {
    const { source, signal } = this.#init;
    const givenUp = streamClosed(source, 'the transfer of its replica was given up');
    if (signal.aborted) throw givenUp;
    let giveUp = () => {};
    const aborted = new Promise<never>((_, reject) => {
      giveUp = () => reject(givenUp);
    });
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      const options = { maxMessageBytes: MAX_HEAD_BYTES, signal };
      return await Promise.race([aborted, this.#network.open(source, REPLICA_PROTOCOL, options)]);
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  async #receive(channel: Channel): Promise<FetchedReplica | null> {
    const messages = channel.messages()[Symbol.asyncIterator]();
    await this.#send(channel, { kind: 'ask', imageHash: this.#head?.imageHash ?? null });
    const head = await this.#readHead(channel, messages);
    if (!this.#continues(head) && !this.#begins(head)) return null;
    this.#head = head;
    await this.#send(channel, { kind: 'send', offset: this.#received });
    while (this.#received < head.imageBytes) await this.#readPiece(channel, messages);
    const hash = createHash('sha256').update(this.#image).digest('hex');
    if (hash !== head.imageHash) throw violation('hash', 'is not that of the image');
    return { ...head, bytes: this.#image };
  }

  #continues({ imageHash, imageBytes }: ReplicaHead): boolean {
    return imageHash === this.#head?.imageHash && imageBytes === this.#image.length;
  }

  #begins(head: ReplicaHead): boolean {
    if (head.imageBytes > this.#init.maxImageBytes) throw violation('length', 'exceeds any image of this model');
    if (!this.#init.wants(head)) return false;
    this.#image = new Uint8Array(head.imageBytes);
    this.#received = 0;
    return true;
  }

  async #readHead(channel: Channel, messages: AsyncIterator<Uint8Array>): Promise<ReplicaHead> {
    const message = decodeSourceMessage(await this.#next(channel, messages));
    if (message.kind === 'busy') throw streamClosed(channel.remote, 'serves its replica to too many others at once');
    if (message.kind !== 'head') throw violation('kind', 'is not that of a head');
    return message.head;
  }

  /** Whole pieces only, so that a source cannot draw a transfer out by crumbs. */
  async #readPiece(channel: Channel, messages: AsyncIterator<Uint8Array>): Promise<void> {
    const message = decodeSourceMessage(await this.#next(channel, messages));
    if (message.kind !== 'piece') throw violation('kind', 'is not that of a piece');
    const expected = Math.min(PIECE_BYTES, this.#image.length - this.#received);
    if (message.bytes.length !== expected) throw violation('piece', 'is of another length');
    this.#image.set(message.bytes, this.#received);
    this.#received += expected;
    this.#init.onProgress?.(this.#received, this.#image.length);
  }

  #send(channel: Channel, message: ReceiverMessage): Promise<void> {
    return beforeStall(this.#clock, channel, channel.send(encodeReceiverMessage(message)));
  }

  async #next(channel: Channel, messages: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
    const { done, value } = await beforeStall(this.#clock, channel, messages.next());
    if (done) throw streamClosed(channel.remote, 'closed in the transfer of its replica');
    return value;
  }
}

function violation(field: string, problem: string): MurmurError {
  return new MurmurError({ code: 'MESSAGE_INVALID', message: 'replica transfer', field, problem });
}
