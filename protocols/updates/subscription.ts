import { type OriginKey, type PeerName, peerOf } from '../../src/sum/origin.ts';
import type { LogEntry, UpdateLog } from '../../src/sum/update-log.ts';
import { VersionVector } from '../../src/sum/version-vector.ts';
import { type Clock, sleep } from '../../src/support/clock.ts';
import { Doorbell } from '../../src/support/doorbell.ts';
import { MurmurError } from '../../src/support/errors.ts';
import type { Channel } from '../network.ts';
import { AliasedVector } from './aliased-vector.ts';
import {
  GATHER_MS,
  GATHER_MS_PER_ORIGIN,
  MAX_BATCH_BYTES,
  MAX_BATCH_UPDATES,
  MAX_MERGED,
  MAX_SUBSCRIPTION_BYTES,
  MAX_UPDATE_ENVELOPE_BYTES,
  MERGE_ABOVE,
} from './constants.ts';
import { decodeReceiverMessage, encodeSourceMessage, type NumberedFrame, type SourceMessage } from './messages.ts';
import { type ScopeTest, scopeTest } from './scope.ts';

/** What is on its way, without its bytes: the log may have let them go long before the receiver says `taken`. */
interface InFlight {
  readonly origin: OriginKey;
  readonly to: number;
  readonly length: number;
}

/** The next update for the receiver, or that there is one which the log no longer holds. */
type Finding = { readonly entry: LogEntry } | { readonly notice: SourceMessage };

export interface SubscriptionComponents {
  readonly channel: Channel;
  readonly clock: Clock;
  readonly log: UpdateLog;
  /** Joins consecutive updates of one origin; null where they cannot be, or nothing is saved. */
  readonly merge: (entries: readonly LogEntry[]) => LogEntry | null;
  /** The receiver has so many updates of an origin. */
  readonly onTold: (origin: OriginKey, sequence: number) => void;
}

/** The source's end of one feed: what one receiver has been sent, and what it has taken. */
export class Subscription {
  readonly #channel: Channel;
  readonly #clock: Clock;
  readonly #log: UpdateLog;
  readonly #merge: SubscriptionComponents['merge'];
  readonly #onTold: SubscriptionComponents['onTold'];
  readonly #progress: Doorbell;
  readonly #wake = new Doorbell();
  #isInScope: ScopeTest = () => false;
  /** Origins within the scope of which the log may hold what was not sent; who was sent something goes to the end. */
  readonly #stirred = new Set<OriginKey>();
  #vector = new AliasedVector([], 0);
  readonly #sent = new VersionVector();
  readonly #taken = new VersionVector();
  #windowBytes = 0;
  #inFlightBytes = 0;
  readonly #inFlight: InFlight[] = [];
  readonly #numbers = new Map<OriginKey, number>();
  /** The next that is not given yet. */
  #nextNumber = 0;
  /** Numbers that the receiver was not told of. */
  readonly #unnamed: OriginKey[] = [];
  #gathers = false;
  readonly #tooFarBehind = new Set<OriginKey>();
  /** Sequences up to which updates of an origin cannot be merged. */
  readonly #unmergeable = new VersionVector();
  #wasLevel = false;
  #ended = false;

  /** @param progress rung whenever the receiver has taken something */
  constructor(components: SubscriptionComponents, progress: Doorbell) {
    this.#channel = components.channel;
    this.#clock = components.clock;
    this.#log = components.log;
    this.#merge = components.merge;
    this.#onTold = components.onTold;
    this.#progress = progress;
  }

  get remote(): PeerName {
    return this.#channel.remote;
  }

  covers(peer: PeerName): boolean {
    return this.#isInScope(peer);
  }

  /** Highest sequence of an origin that the receiver has taken. */
  taken(origin: OriginKey): number {
    return this.#taken.get(origin);
  }

  /** Whether the receiver has once had all that it asks for, so that it can be waited for. */
  get keepsUp(): boolean {
    return this.#wasLevel && this.#tooFarBehind.size === 0;
  }

  /** The log has grown by updates of one origin, whose peer lies at `place`. */
  logGrew(origin: OriginKey, peer: PeerName, place: number): void {
    if (!this.#isInScope(peer, place)) return;
    this.#stir(origin);
    this.#wake.ring();
  }

  /** The log has changed altogether. */
  logChanged(): void {
    for (const origin of this.#log.origins()) if (this.#isInScope(peerOf(origin))) this.#stir(origin);
    this.#wake.ring();
  }

  #stir(origin: OriginKey): void {
    this.#recognise(origin);
    this.#stirred.add(origin);
  }

  stop(): void {
    this.#ended = true;
    this.#wake.ring();
  }

  /** Until the receiver closes. Throws STREAM_CLOSED, or MESSAGE_INVALID where the receiver breaks the protocol. */
  async run(): Promise<void> {
    const messages = this.#channel.messages()[Symbol.asyncIterator]();
    const first = await messages.next();
    if (first.done) return this.#channel.close();
    this.#begin(first.value);
    try {
      // Both at once: a receiver that breaks the protocol is dropped even while it reads nothing and sending waits.
      const listening = this.#listen(messages).then(() => this.stop());
      await Promise.all([this.#send().then(() => this.#channel.close()), listening]);
    } finally {
      this.stop();
    }
  }

  #begin(bytes: Uint8Array): void {
    const message = decodeReceiverMessage(bytes, MAX_SUBSCRIPTION_BYTES);
    if (message.kind !== 'subscribe') throw violation('must come first');
    this.#gathers = 'arc' in message.scope;
    this.#isInScope = scopeTest(message.scope, this.remote);
    this.#windowBytes = message.windowBytes;
    this.#vector = new AliasedVector(message.vector, message.salt);
    this.#nextNumber = message.vector.length;
    this.logChanged();
    this.#progress.ring();
  }

  /** Goes on from where the receiver stands with an origin of the log, where that is in its vector. */
  #recognise(origin: OriginKey): void {
    if (this.#numbers.has(origin)) return;
    const place = this.#vector.recognise(origin);
    if (place === null) return;
    this.#numbers.set(origin, place.number);
    this.#sent.advance(origin, place.count);
    this.#taken.advance(origin, place.count);
    this.#onTold(origin, place.count);
  }

  async #listen(messages: AsyncIterator<Uint8Array>): Promise<void> {
    for (let next = await messages.next(); !next.done; next = await messages.next()) {
      const message = decodeReceiverMessage(next.value, MAX_SUBSCRIPTION_BYTES);
      if (message.kind === 'subscribe') throw violation('comes once');
      if (message.kind === 'names') {
        for (const [origin, count] of this.#vector.named(message.origins)) this.#onTold(origin, count);
        continue;
      }
      if (message.updates > this.#inFlight.length) throw violation('takes more than was sent');
      for (const { origin, to, length } of this.#inFlight.splice(0, message.updates)) {
        this.#inFlightBytes -= length;
        this.#taken.advance(origin, to);
      }
      this.#wake.ring();
      this.#progress.ring();
    }
  }

  async #send(): Promise<void> {
    let level = false;
    const numbers = this.#vector.ask();
    if (numbers.length > 0) await this.#say({ kind: 'who', numbers });
    while (!this.#ended) {
      const found = this.#next();
      if (found === null) {
        // Nothing may come between the look and the wait, or what the log takes up meanwhile wakes nobody.
        if (level || !this.#hasRoom) await this.#wake.wait();
        else {
          level = true;
          this.#wasLevel = true;
          await this.#say({ kind: 'level' });
        }
      } else if ('notice' in found) {
        await this.#say(found.notice);
      } else {
        level = false;
        await this.#sendBatch(found.entry);
      }
    }
  }

  #say(message: SourceMessage): Promise<void> {
    return this.#channel.send(...encodeSourceMessage(message));
  }

  /** Sends an update, and others that wait with it. */
  async #sendBatch(first: LogEntry): Promise<void> {
    const updates = [this.#number(first)];
    let bytes = batchedBytes(first);
    while (updates.length < MAX_BATCH_UPDATES) {
      const found = this.#next((entry) => bytes + batchedBytes(entry) <= MAX_BATCH_BYTES);
      if (found === null) break;
      if ('notice' in found) {
        await this.#say(found.notice);
        continue;
      }
      bytes += batchedBytes(found.entry);
      updates.push(this.#number(found.entry));
    }
    for (const origin of this.#unnamed.splice(0)) await this.#say({ kind: 'origin', origin });
    await this.#say({ kind: 'updates', updates });
    if (this.#gathers) await sleep(this.#clock, Math.max(GATHER_MS, GATHER_MS_PER_ORIGIN * this.#log.originCount));
  }

  /** Counts an update as sent. */
  #number({ origin, to, bytes }: LogEntry): NumberedFrame {
    let number = this.#numbers.get(origin);
    if (number === undefined) {
      number = this.#nextNumber++;
      this.#numbers.set(origin, number);
      this.#unnamed.push(origin);
    }
    this.#sent.advance(origin, to);
    this.#inFlight.push({ origin, to, length: bytes.length });
    this.#inFlightBytes += bytes.length;
    return { origin: number, frame: bytes };
  }

  get #hasRoom(): boolean {
    return this.#inFlightBytes < this.#windowBytes;
  }

  /** What comes next within the scope; null where the receiver has no room, or has been sent all that fits. */
  #next(fits: (entry: LogEntry) => boolean = () => true): Finding | null {
    if (!this.#hasRoom) return null;
    for (const origin of this.#stirred) {
      this.#stirred.delete(origin);
      const from = this.#sent.get(origin);
      const { floor, entries } = this.#log.beyond(origin, from, MAX_MERGED);
      if (from >= floor) {
        // It may reach again: a source that adopts another's replica goes on from where that one stood.
        this.#tooFarBehind.delete(origin);
        const entry = entries.length > MERGE_ABOVE ? this.#joint(origin, from, entries) : (entries[0] ?? null);
        if (entry === null) continue;
        this.#stirred.add(origin);
        return fits(entry) ? { entry } : null;
      }
      if (this.#tooFarBehind.has(origin)) continue;
      this.#tooFarBehind.add(origin);
      return { notice: { kind: 'too-far-behind', origin, floor } };
    }
    return null;
  }

  /** Many that follow `from`, merged where they can be. Its own updates a receiver takes back one by one. */
  #joint(origin: OriginKey, from: number, entries: readonly LogEntry[]): LogEntry {
    if (peerOf(origin) === this.remote || from < this.#unmergeable.get(origin)) return entries[0]!;
    const joint = this.#merge(entries);
    if (joint === null) this.#unmergeable.advance(origin, entries.at(-1)!.to);
    return joint ?? entries[0]!;
  }
}

function batchedBytes({ bytes }: LogEntry): number {
  return bytes.length + MAX_UPDATE_ENVELOPE_BYTES;
}

function violation(problem: string): MurmurError {
  return new MurmurError({ code: 'MESSAGE_INVALID', message: 'subscription', field: 'kind', problem });
}
