import type { PeerName } from '../../src/sum/origin.ts';
import type { Clock } from '../../src/support/clock.ts';
import { isFailure, MurmurError } from '../../src/support/errors.ts';
import type { Channel, Network } from '../network.ts';
import { MAX_REQUEST_BYTES, MAX_TRANSFERS, PIECE_BYTES, REPLICA_PROTOCOL } from './constants.ts';
import { decodeReceiverMessage, encodeSourceMessage, type ReceiverMessage, type SourceMessage } from './messages.ts';
import { type KeptImage, type MadeImage, RecentImages } from './recent-images.ts';
import { beforeStall } from './stall.ts';

export interface ReplicaSourceInit {
  /** Receivers that have not said the same manifest's hello are turned away. */
  readonly admits: (peer: PeerName) => boolean;
  /** The replica now: its image and the applied vector, read at one instant. Costs the replica a moment. */
  readonly image: () => Promise<MadeImage>;
  /** The swarm's clock: samples per peer, so that a joiner is at once where the others are. */
  readonly samples: () => readonly (readonly [PeerName, number])[];
  readonly onInvalid: (peer: PeerName, problem: string) => void;
}

/** Serves this peer's replica, whole, to those that joined late or fell too far behind. */
export class ReplicaSource {
  readonly #clock: Clock;
  readonly #init: ReplicaSourceInit;
  readonly #images: RecentImages;
  /** One a receiver. */
  readonly #transfers = new Map<PeerName, Channel>();
  #stopped = false;

  /** Registers the protocol: create it before the network starts. */
  constructor({ network, clock }: { network: Network; clock: Clock }, init: ReplicaSourceInit) {
    this.#clock = clock;
    this.#init = init;
    this.#images = new RecentImages(clock, init.image);
    network.handle(REPLICA_PROTOCOL, { maxMessageBytes: MAX_REQUEST_BYTES }, (channel) => {
      void this.#serve(channel);
    });
  }

  /** The replica has gone somewhere else than forward: who asks now is to see where it stands. */
  moved(): void {
    this.#images.outdate();
  }

  /** Ends all transfers and keeps nothing. */
  stop(): void {
    this.#stopped = true;
    for (const channel of this.#transfers.values()) channel.abort();
    this.#images.close();
  }

  async #serve(channel: Channel): Promise<void> {
    const { remote } = channel;
    if (this.#stopped || !this.#init.admits(remote)) return channel.abort();
    // A receiver asks anew when it has given up a stream; that may be known only here yet.
    this.#transfers.get(remote)?.abort();
    this.#transfers.delete(remote);
    const busy = this.#transfers.size >= MAX_TRANSFERS;
    if (!busy) this.#transfers.set(remote, channel);
    try {
      if (busy) await this.#refuse(channel);
      else await this.#transfer(channel);
    } catch (error) {
      channel.abort();
      if (isFailure(error, 'MESSAGE_INVALID')) this.#init.onInvalid(remote, error.message);
      // Any other failure is the link's, or the replica's own, which its peer tells of.
      else if (!isFailure(error)) throw error;
    } finally {
      if (this.#transfers.get(remote) === channel) this.#transfers.delete(remote);
    }
  }

  async #refuse(channel: Channel): Promise<void> {
    await this.#send(channel, { kind: 'busy' });
    await beforeStall(this.#clock, channel, channel.close());
  }

  /** Until the receiver closes, which it may do before the image or after it. */
  async #transfer(channel: Channel): Promise<void> {
    const messages = channel.messages()[Symbol.asyncIterator]();
    const first = await this.#next(channel, messages);
    if (first === null) return channel.close();
    if (first.kind !== 'ask') throw violation('must ask first');
    const kept = first.imageHash === null ? null : this.#images.find(first.imageHash);
    const image = kept ?? (await this.#images.current());
    const { vector, bytes, hash } = image;
    const head = { vector, samples: this.#init.samples(), imageBytes: bytes.length, imageHash: hash };
    await this.#send(channel, { kind: 'head', head });
    const answer = await this.#next(channel, messages);
    if (answer !== null) await this.#sendPieces(channel, image, answer);
    await beforeStall(this.#clock, channel, channel.close());
    if (answer !== null && (await this.#next(channel, messages)) !== null) throw violation('speaks on');
  }

  async #sendPieces(channel: Channel, { bytes, hash }: KeptImage, answer: ReceiverMessage): Promise<void> {
    if (answer.kind !== 'send') throw violation('asks once');
    if (answer.offset > bytes.length) throw violation('starts beyond the end');
    for (let at = answer.offset; at < bytes.length; at += PIECE_BYTES) {
      await this.#send(channel, { kind: 'piece', bytes: bytes.subarray(at, at + PIECE_BYTES) });
    }
    // Should the rest be lost on the way, the receiver is soon back for it.
    this.#images.find(hash);
  }

  #send(channel: Channel, message: SourceMessage): Promise<void> {
    return beforeStall(this.#clock, channel, channel.send(...encodeSourceMessage(message)));
  }

  /** Null where the receiver has closed. */
  async #next(channel: Channel, messages: AsyncIterator<Uint8Array>): Promise<ReceiverMessage | null> {
    const { done, value } = await beforeStall(this.#clock, channel, messages.next());
    return done ? null : decodeReceiverMessage(value);
  }
}

function violation(problem: string): MurmurError {
  return new MurmurError({ code: 'MESSAGE_INVALID', message: 'replica request', field: 'kind', problem });
}
