import type { Stream } from '@libp2p/interface';
import type { PeerName } from '../../src/sum/origin.ts';
import { streamClosed } from '../channel-errors.ts';
import type { Channel, ChannelOptions } from '../network.ts';
import { CHUNK_BYTES } from './constants.ts';
import { MessageDecoder } from './framing.ts';
import { OutgoingQueue } from './outgoing-queue.ts';

/**
 * Messages on a libp2p stream. The stream is paused except while a reader waits for more, so that what nobody reads
 * fills one window here and then holds the sender back.
 */
export class StreamChannel implements Channel {
  readonly remote: PeerName;
  readonly #stream: Stream;
  readonly #decoder: MessageDecoder;
  /** The remote said that it sends no more; an end without that is a loss. */
  #remoteEnded: boolean;
  #lost: string | null;
  #wakeReader = () => {};
  #waitingSenders: (() => void)[] = [];
  readonly #outgoing = new OutgoingQueue();
  #flushing = false;

  constructor(remote: PeerName, stream: Stream, options: ChannelOptions) {
    this.remote = remote;
    this.#stream = stream;
    this.#decoder = new MessageDecoder(options.maxMessageBytes);
    this.#remoteEnded = stream.status === 'open' && stream.remoteWriteStatus === 'closed';
    this.#lost = stream.status === 'open' ? null : 'the channel was lost while it opened';
    this.#pause();
    this.#listen(options.signal);
  }

  async send(...pieces: readonly Uint8Array[]): Promise<void> {
    if (this.#lost !== null || this.#stream.writeStatus !== 'writable') throw this.#closed();
    this.#outgoing.push(pieces);
    while (this.#outgoing.bytes >= CHUNK_BYTES) this.#write(CHUNK_BYTES);
    this.#flushSoon();
    // Not stream.onDrain(): its promise stays resolved after the first drain and then holds nobody back.
    while (this.#stream.writableNeedsDrain) {
      await new Promise<void>((resolve) => this.#waitingSenders.push(resolve));
      if (this.#lost !== null) throw this.#closed();
    }
  }

  async *messages(): AsyncIterable<Uint8Array> {
    for (;;) {
      const message = this.#decode();
      if (message !== null) {
        this.#pause();
        yield message;
      } else if (this.#stream.readBufferLength > 0 || !(this.#remoteEnded || this.#lost !== null)) {
        await this.#arrival();
      } else if (this.#remoteEnded && !this.#decoder.partial) {
        return;
      } else {
        throw this.#closed();
      }
    }
  }

  async close(): Promise<void> {
    this.#flush();
    try {
      await this.#stream.close();
    } catch (error) {
      throw streamClosed(this.remote, (error as Error).message);
    }
  }

  abort(): void {
    this.#stream.abort(streamClosed(this.remote, 'the channel was aborted here'));
  }

  /**
   * What is sent from now on until all promises settled by then have run, and so a sender's loop is through or waits,
   * leaves together: each write costs an encryption and a system call, whatever its size.
   */
  #flushSoon(): void {
    if (this.#flushing || this.#outgoing.bytes === 0) return;
    this.#flushing = true;
    process.nextTick(() => {
      this.#flushing = false;
      if (this.#stream.writableNeedsDrain) return;
      try {
        this.#flush();
      } catch {
        // The stream aborts itself with this, and its close tells whoever sends or reads.
      }
    });
  }

  #flush(): void {
    if (this.#outgoing.bytes > 0) this.#write(this.#outgoing.bytes);
  }

  #write(bytes: number): void {
    try {
      this.#stream.send(this.#outgoing.take(bytes));
    } catch (error) {
      throw streamClosed(this.remote, (error as Error).message);
    }
  }

  #listen(signal: AbortSignal | undefined): void {
    const abort = () => this.abort();
    this.#stream.addEventListener('message', ({ data }) => {
      for (const chunk of data instanceof Uint8Array ? [data] : data) this.#decoder.push(chunk);
      this.#wakeReader();
    });
    this.#stream.addEventListener('drain', () => {
      this.#wakeSenders();
      this.#flushSoon();
    });
    this.#stream.addEventListener('remoteCloseWrite', () => {
      this.#remoteEnded = true;
      this.#wakeReader();
    });
    this.#stream.addEventListener('close', ({ error }) => {
      this.#lost = error?.message ?? 'the connection was lost';
      this.#wakeReader();
      this.#wakeSenders();
      signal?.removeEventListener('abort', abort);
    });
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) this.abort();
  }

  #decode(): Uint8Array | null {
    try {
      return this.#decoder.read();
    } catch (error) {
      this.abort();
      throw error;
    }
  }

  /** Lets bytes in; resolves when some came or the channel changed. */
  async #arrival(): Promise<void> {
    const arrived = new Promise<void>((resolve) => {
      this.#wakeReader = resolve;
    });
    try {
      if (this.#stream.readStatus === 'paused') this.#stream.resume();
    } catch {
      // The stream hands over what it holds before it grants a new window, which fails on a lost connection.
    }
    await arrived;
  }

  #pause(): void {
    if (this.#stream.readStatus === 'readable') this.#stream.pause();
  }

  #wakeSenders(): void {
    for (const wake of this.#waitingSenders.splice(0)) wake();
  }

  #closed() {
    return streamClosed(this.remote, this.#lost ?? 'the remote ended within a message');
  }
}
