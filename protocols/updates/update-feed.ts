import { type OriginKey, type PeerName, peerOf } from '../../src/sum/origin.ts';
import { VersionVector } from '../../src/sum/version-vector.ts';
import type { Clock } from '../../src/support/clock.ts';
import { MurmurError } from '../../src/support/errors.ts';
import type { Channel, Network } from '../network.ts';
import { aliasOf } from './alias.ts';
import {
  CLOSE_TIMEOUT_MS,
  MAX_FEED_ORIGINS,
  MAX_INCARNATIONS,
  MAX_ORIGIN_NUMBERS,
  UPDATES_PROTOCOL,
} from './constants.ts';
import { decodeSourceMessage, encodeReceiverMessage, type NumberedFrame, type ReceiverMessage } from './messages.ts';
import { type Scope, scopeTest } from './scope.ts';

export interface UpdateFeedInit {
  readonly source: PeerName;
  /** Peers whose updates this feed brings; no other feed may do so at the same time. */
  readonly scope: Scope;
  readonly windowBytes: number;
  readonly maxMessageBytes: number;
  /**
   * The source is told once so many updates an origin were taken, or half a window: so often that it never waits for word
   * alone.
   */
  readonly tellEvery: number;
  /** The vector of what has arrived, read when the feed opens. */
  readonly arrived: VersionVector;
  /** One more update, in the order of its stream. Throws MESSAGE_INVALID where it cannot be right: the feed ends. */
  readonly receive: (origin: OriginKey, frame: Uint8Array, feed: UpdateFeed) => void;
  readonly onLevel?: () => void;
  readonly onTooFarBehind: (origin: OriginKey, floor: number) => void;
}

/** The receiver's end of a subscription: opens, asks for what lies beyond its vector, and reads until one side closes. */
export class UpdateFeed {
  readonly #network: Network;
  readonly #clock: Clock;
  readonly #init: UpdateFeedInit;
  readonly #isInScope: (peer: PeerName) => boolean;
  /** By their numbers. */
  readonly #origins: OriginKey[] = [];
  /** Where the receiver stood when it subscribed. */
  readonly #asked = new VersionVector();
  /** Origins in the vector whose names the source may still ask for. */
  #untoldNames = 0;
  #timesTooFarBehind = 0;
  /** Bytes received and not taken yet. */
  #heldBytes = 0;
  /** Taken since the source was told last. */
  #untoldUpdates = 0;
  #untoldBytes = 0;
  #channel: Channel | null = null;

  constructor(components: { network: Network; clock: Clock }, init: UpdateFeedInit) {
    this.#network = components.network;
    this.#clock = components.clock;
    this.#init = init;
    this.#isInScope = scopeTest(init.scope, components.network.self);
  }

  get source(): PeerName {
    return this.#init.source;
  }

  /**
   * Runs until the source has closed: after an abort of `signal` this waits for the source's own close, so that a feed
   * opened next cannot overlap, or gives the channel up after `CLOSE_TIMEOUT_MS`. Throws STREAM_CLOSED, MESSAGE_INVALID.
   */
  async run(signal: AbortSignal): Promise<void> {
    const channel = await this.#open(signal);
    if (channel === null) return;
    this.#channel = channel;
    let cancel = () => {};
    const close = () => {
      cancel();
      cancel = this.#clock.after(CLOSE_TIMEOUT_MS, () => channel.abort());
      channel.close().catch(() => channel.abort());
    };
    signal.addEventListener('abort', close, { once: true });
    try {
      await channel.send(this.#subscription());
      if (signal.aborted) close();
      for await (const message of channel.messages()) this.#take(message, signal);
      await channel.close();
    } catch (error) {
      channel.abort();
      throw error;
    } finally {
      cancel();
      signal.removeEventListener('abort', close);
      this.#channel = null;
    }
  }

  /** One update of this many bytes was taken. */
  taken(bytes: number): void {
    this.#heldBytes -= bytes;
    this.#untoldUpdates++;
    this.#untoldBytes += bytes;
    const { tellEvery, windowBytes } = this.#init;
    const most = tellEvery * Math.max(1, this.#origins.length);
    if (this.#untoldUpdates >= most || 2 * this.#untoldBytes >= windowBytes) this.tell();
  }

  /** Tells the source what was taken. A feed that has ended has nobody to tell. */
  tell(): void {
    if (this.#channel === null || this.#untoldUpdates === 0) return;
    const updates = this.#untoldUpdates;
    this.#untoldUpdates = 0;
    this.#untoldBytes = 0;
    this.#say({ kind: 'taken', updates });
  }

  #say(message: ReceiverMessage): void {
    const channel = this.#channel;
    channel?.send(encodeReceiverMessage(message)).catch(() => channel.abort());
  }

  /** Opening may take long where the source is frozen: an abort does not wait for it, and gives null. */
  async #open(signal: AbortSignal): Promise<Channel | null> {
    const { source, maxMessageBytes } = this.#init;
    const opening = this.#network.open(source, UPDATES_PROTOCOL, { maxMessageBytes });
    const channel = await Promise.race([opening, aborted(signal)]);
    if (channel === null) {
      opening.then(
        (late) => late.abort(),
        () => {},
      );
    }
    return channel;
  }

  /** The first message: what has arrived until now, in order of counts. */
  #subscription(): Uint8Array {
    const { scope, windowBytes, arrived } = this.#init;
    const known = [...arrived.entries()].filter(([origin, count]) => count > 0 && this.#isInScope(peerOf(origin)));
    known.sort(([, a], [, b]) => a - b);
    this.#asked.replace(known);
    for (const [origin] of known) this.#origins.push(origin);
    this.#untoldNames = known.length;
    // Whoever wants two origins of one alias would have to know the moment beforehand.
    const salt = Math.round(this.#clock.nowMs()) >>> 0;
    const vector = known.map(([origin, count]) => [aliasOf(origin, salt), count] as const);
    return encodeReceiverMessage({ kind: 'subscribe', scope, vector, windowBytes, salt });
  }

  #take(bytes: Uint8Array, signal: AbortSignal): void {
    const message = decodeSourceMessage(bytes, this.#init.maxMessageBytes);
    switch (message.kind) {
      case 'origin':
        if (this.#origins.length === MAX_ORIGIN_NUMBERS) throw violation('origin', 'are too many');
        this.#checkScope(message.origin);
        this.#origins.push(message.origin);
        return;
      case 'updates':
        for (const update of message.updates) this.#receive(update, signal);
        return;
      case 'who':
        this.#tellNames(message.numbers);
        return;
      case 'level':
        this.#init.onLevel?.();
        return;
      case 'too-far-behind':
        this.#checkScope(message.origin);
        this.#checkFloor(message.origin, message.floor);
        // Where a vector has moved on by another way than this feed, the log reaches after all.
        if (message.floor > this.#init.arrived.get(message.origin)) {
          this.#init.onTooFarBehind(message.origin, message.floor);
        }
    }
  }

  /** Once, as the source has the vector once. */
  #tellNames(numbers: readonly number[]): void {
    if (numbers.some((number) => number >= this.#untoldNames))
      throw violation('who', 'are asked for that are not unknown');
    this.#untoldNames = 0;
    const origins = numbers.map((number) => this.#origins[number]!);
    this.#say({ kind: 'names', origins });
  }

  #receive({ origin: number, frame }: NumberedFrame, signal: AbortSignal): void {
    const { windowBytes, maxMessageBytes, receive } = this.#init;
    const origin = this.#origins[number];
    if (origin === undefined) throw violation('origin', 'has a number that was not given');
    this.#heldBytes += frame.length;
    if (this.#heldBytes > windowBytes + maxMessageBytes) throw violation('window', 'is exceeded');
    // What is still under way when the feed is being handed over is dropped; the next feed brings it again.
    if (!signal.aborted) receive(origin, frame, this);
  }

  /** A source goes on from where the receiver asked it to, and says of each origin only what it has not said. */
  #checkFloor(origin: OriginKey, floor: number): void {
    if (floor <= this.#asked.get(origin)) throw violation('floor', 'is not beyond what was asked for');
    const { scope } = this.#init;
    const most = 'arc' in scope ? MAX_FEED_ORIGINS : MAX_INCARNATIONS * scope.length;
    if (++this.#timesTooFarBehind > most) {
      throw violation('floor', 'is told of too many origins');
    }
  }

  #checkScope(origin: OriginKey): void {
    if (!this.#isInScope(peerOf(origin))) throw violation('origin', 'is out of scope');
  }
}

function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    else signal.addEventListener('abort', () => resolve(null), { once: true });
  });
}

function violation(field: string, problem: string): MurmurError {
  return new MurmurError({ code: 'MESSAGE_INVALID', message: 'update stream', field, problem });
}
