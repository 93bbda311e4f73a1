import type { PeerName } from '../../src/sum/origin.ts';
import { messageTooLong, streamClosed } from '../channel-errors.ts';
import type { Channel, ChannelOptions } from '../network.ts';

/** A channel's way to the other side. */
export interface Carrier {
  /** Brings so many bytes there and calls back. */
  carry(bytes: number, arrive: () => void): void;
  /** What arrives of a message: itself or, rarely, a copy that is damaged. */
  spoiled(message: Uint8Array): Uint8Array;
}

/** Bytes that a sender may be ahead of its reader before it waits: as much as the real network's stream window. */
export const MAX_UNREAD_BYTES = 2 ** 20;

/** Called when nothing more can pass in either direction, with the reason where it is not that both closed. */
export type Ended = (channel: SimulatedChannel, problem: string | null) => void;

/** One end of a channel; `pair` joins two. */
export class SimulatedChannel implements Channel {
  readonly remote: PeerName;
  readonly #carrier: Carrier;
  readonly #maxMessageBytes: number;
  readonly #ended: Ended;
  readonly #inbox: Uint8Array[] = [];
  /** Sent, and not yet taken by the reader at the other end. */
  #unreadBytes = 0;
  /** Set by `pair`, before anything is sent. */
  #other: SimulatedChannel | undefined;
  #closedHere = false;
  #remoteEnded = false;
  #lost: string | null = null;
  #wakeReader = () => {};
  #waitingSenders: (() => void)[] = [];

  constructor(remote: PeerName, carrier: Carrier, options: ChannelOptions, ended: Ended) {
    this.remote = remote;
    this.#carrier = carrier;
    this.#maxMessageBytes = options.maxMessageBytes;
    const abort = () => this.abort();
    options.signal?.addEventListener('abort', abort, { once: true });
    this.#ended = (channel, problem) => {
      options.signal?.removeEventListener('abort', abort);
      ended(channel, problem);
    };
  }

  static pair(one: SimulatedChannel, other: SimulatedChannel): void {
    one.#other = other;
    other.#other = one;
  }

  async send(...pieces: readonly Uint8Array[]): Promise<void> {
    if (this.#closedHere || this.#lost !== null) throw this.#closed();
    // Neither the sender nor a reader changes the bytes: what is in one piece needs no copy.
    const sent = this.#carrier.spoiled(pieces.length === 1 ? pieces[0]! : joined(pieces));
    this.#unreadBytes += charge(sent);
    this.#carrier.carry(sent.byteLength, () => this.#other!.#receive(sent));
    while (this.#unreadBytes > MAX_UNREAD_BYTES) {
      await new Promise<void>((resolve) => this.#waitingSenders.push(resolve));
      if (this.#lost !== null) throw this.#closed();
    }
  }

  async *messages(): AsyncIterable<Uint8Array> {
    for (;;) {
      const message = this.#inbox.shift();
      if (message !== undefined) {
        this.#other!.#taken(message);
        if (message.byteLength > this.#maxMessageBytes) {
          this.abort();
          throw messageTooLong(message.byteLength, this.#maxMessageBytes);
        }
        yield message;
      } else if (this.#remoteEnded) {
        return;
      } else if (this.#lost !== null) {
        throw this.#closed();
      } else {
        await new Promise<void>((resolve) => {
          this.#wakeReader = resolve;
        });
      }
    }
  }

  async close(): Promise<void> {
    if (this.#closedHere || this.#lost !== null) return;
    this.#closedHere = true;
    this.#carrier.carry(0, () => {
      // Not joined yet where the network stops while it is being opened.
      const other = this.#other;
      if (other !== undefined) other.#end();
    });
    if (this.#remoteEnded) this.#ended(this, null);
  }

  abort(): void {
    if (this.#lost !== null) return;
    this.#inbox.length = 0;
    this.lose('the channel was aborted here');
    this.#carrier.carry(0, () => this.#other?.lose('the remote aborted the channel'));
  }

  /** The connection is gone, or one end was aborted. */
  lose(problem: string): void {
    if (this.#lost !== null) return;
    this.#lost = problem;
    this.#wakeReader();
    this.#wakeSenders();
    this.#ended(this, problem);
  }

  #receive(message: Uint8Array): void {
    if (this.#lost !== null) return;
    this.#inbox.push(message);
    this.#wakeReader();
  }

  #end(): void {
    if (this.#lost !== null) return;
    this.#remoteEnded = true;
    this.#wakeReader();
    if (this.#closedHere) this.#ended(this, null);
  }

  #taken(message: Uint8Array): void {
    this.#unreadBytes -= charge(message);
    if (this.#unreadBytes <= MAX_UNREAD_BYTES) this.#wakeSenders();
  }

  #wakeSenders(): void {
    for (const wake of this.#waitingSenders.splice(0)) wake();
  }

  #closed() {
    return streamClosed(this.remote, this.#lost ?? 'the channel was closed here');
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((bytes, piece) => bytes + piece.byteLength, 0));
  let filled = 0;
  for (const piece of pieces) {
    whole.set(piece, filled);
    filled += piece.byteLength;
  }
  return whole;
}

/** An empty message takes room, too. */
function charge(message: Uint8Array): number {
  return message.byteLength + 1;
}
