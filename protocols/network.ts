import type { PeerName } from '../src/sum/origin.ts';
import type { BytesByKind } from './traffic.ts';

/** Whole messages in order between two peers. */
export interface Channel {
  readonly remote: PeerName;
  /**
   * Sends one message, in pieces that arrive as one; resolves when the channel takes more (back-pressure). Rejects with
   * STREAM_CLOSED. The caller does not change the bytes afterwards.
   */
  send(...pieces: readonly Uint8Array[]): Promise<void>;
  /**
   * Messages as they arrive; ends when the remote closes, throws STREAM_CLOSED on reset and MESSAGE_INVALID when a
   * message is longer than the handler's bound. A reader that does not ask for more slows only this channel.
   */
  messages(): AsyncIterable<Uint8Array>;
  /** Sends what is queued, then closes this direction. */
  close(): Promise<void>;
  /** Ends both directions at once. */
  abort(): void;
}

export interface ChannelOptions {
  /** A longer incoming message aborts the channel before it is buffered. */
  readonly maxMessageBytes: number;
  readonly signal?: AbortSignal;
}

/** Bytes handed to and taken from the transport, encryption, multiplexing and chatter included. */
export interface Traffic {
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** `bytesSent` by what it was for. */
  readonly sentByKind: BytesByKind;
}

/** What a peer can do on a network. The libp2p one and the simulated one meet one contract suite. */
export interface Network {
  readonly self: PeerName;
  /** Addresses that others can dial, complete with the peer's name; empty before `start`. */
  readonly addresses: readonly string[];
  /** Peers connected at this moment. */
  readonly connected: ReadonlySet<PeerName>;
  traffic(): Traffic;
  /** Binds the listening addresses. Throws ADDRESS_UNAVAILABLE. */
  start(): Promise<void>;
  /** Closes everything in reverse order; idempotent. */
  stop(): Promise<void>;
  /** Connects to an address and tells who answered. Throws JOIN_FAILED. */
  dial(address: string, signal?: AbortSignal): Promise<PeerName>;
  /** Ends the connections to a peer, at once and for both; it may dial again. */
  disconnect(peer: PeerName): void;
  /** Serves a protocol: called once for every channel that a remote peer opens. Register before `start`. */
  handle(protocol: string, options: ChannelOptions, serve: (channel: Channel) => void): void;
  /** Opens a channel to a connected peer. Throws STREAM_CLOSED where it is not connected or lacks the protocol. */
  open(peer: PeerName, protocol: string, options: ChannelOptions): Promise<Channel>;
  /** Listens to a topic of the gossip mesh. `from` is the verified author. Register before `start`. */
  subscribe(topic: string, receive: (from: PeerName, data: Uint8Array) => void): void;
  /** Sends to everyone subscribed, best effort. Throws MESSAGE_INVALID above MAX_GOSSIP_BYTES. */
  publish(topic: string, data: Uint8Array): void;
  /** Calls back on every first connection to a peer and on the loss of the last one. */
  onConnection(listener: (peer: PeerName, connected: boolean) => void): void;
}
