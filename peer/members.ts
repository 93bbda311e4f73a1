import { type PeerState, peerStates, type Status } from '../protocols/status/messages.ts';
import { MAX_PEERS } from '../src/manifest.ts';
import { type OriginKey, type PeerName, peerOf } from '../src/sum/origin.ts';
import { VersionVector } from '../src/sum/version-vector.ts';
import type { Clock } from '../src/support/clock.ts';
import { Doorbell } from '../src/support/doorbell.ts';

/** A peer of whom nothing is heard for this long is suspected: three of the longest intervals between statuses. */
export const SILENT_AFTER_MS = 30_000;

/**
 * States in which a peer's steps are in the sum or on their way. Whoever is finishing is among them: the last to stop
 * would otherwise weigh their own steps as if they were alone.
 */
const CONTRIBUTING: readonly PeerState[] = ['ready', 'training', 'finishing'];

/** What is known of another peer of the run. */
export interface Member {
  readonly name: PeerName;
  /** Its latest status; null between its hello and the first one. */
  status: Status | null;
  /** What its latest status says is applied there; null until it is finishing. */
  vector: VersionVector | null;
  /** Highest count of its samples known, from frames or statuses. */
  samples: number;
  lastHeardMs: number;
  /** Heard of lately, and not known to be gone. */
  live: boolean;
}

export type MemberChange = 'joined' | 'silent' | 'back' | 'left';

/** Who else is in the run, how far they are, and who has fallen silent. Knows no network: it is told. */
export class Members {
  readonly #clock: Clock;
  readonly #members = new Map<PeerName, Member>();
  /** Statuses of peers that have not said hello: anybody can make up names, so they count for nothing until they do. */
  readonly #hearsay = new Map<PeerName, Status>();
  readonly #onChange: (member: Member, change: MemberChange) => void;
  /** Rings on every status and every change of who is live. */
  readonly changes = new Doorbell();

  constructor(clock: Clock, onChange: (member: Member, change: MemberChange) => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  all(): IterableIterator<Member> {
    return this.#members.values();
  }

  get(name: PeerName): Member | undefined {
    return this.#members.get(name);
  }

  isLive(name: PeerName): boolean {
    return this.#members.get(name)?.live ?? false;
  }

  live(): Member[] {
    return [...this.all()].filter((member) => member.live);
  }

  /** Peers whose steps go into the sum at present, this one included. */
  contributing(): number {
    const steps = ({ live, status }: Member) => live && status !== null && CONTRIBUTING.includes(status.state);
    return 1 + [...this.all()].filter(steps).length;
  }

  /** A peer has said the same manifest's hello, on a connection that stands. */
  admit(name: PeerName): void {
    this.#revive(this.#members.get(name) ?? this.#add(name));
    const status = this.#hearsay.get(name);
    this.#hearsay.delete(name);
    if (status !== undefined) this.heard(name, status);
    this.changes.ring();
  }

  /** The last connection to a peer is gone: what it has to say must come another way. */
  disconnected(name: PeerName): void {
    const member = this.#members.get(name);
    if (member?.live) this.#suspect(member);
  }

  /** A status came by gossip. Of a peer that has not said hello it is kept until then, and counts for nothing. */
  heard(name: PeerName, status: Status): void {
    const member = this.#members.get(name);
    if (member === undefined) {
      if (this.#hearsay.size < MAX_PEERS || this.#hearsay.has(name)) this.#hearsay.set(name, status);
      return;
    }
    if (member.status !== null && isOlder(status, member.status)) return;
    member.status = status;
    member.samples = Math.max(member.samples, status.samples);
    member.vector = status.vector === null ? null : new VersionVector(status.vector);
    member.lastHeardMs = this.#clock.nowMs();
    if (status.state === 'left') {
      member.live = false;
      this.#onChange(member, 'left');
    } else {
      this.#revive(member);
    }
    this.changes.ring();
  }

  /** A frame of this peer arrived, by whatever way: it has trained on so many samples. */
  trained(name: PeerName, samples: number): void {
    const member = this.#members.get(name);
    if (member !== undefined) member.samples = Math.max(member.samples, samples);
  }

  /** A peer itself has sent something. */
  seen(name: PeerName): void {
    const member = this.#members.get(name);
    if (member !== undefined) member.lastHeardMs = this.#clock.nowMs();
  }

  /** Suspects whoever has been silent for too long. */
  suspectSilent(): void {
    const oldestMs = this.#clock.nowMs() - SILENT_AFTER_MS;
    for (const member of this.all()) if (member.live && member.lastHeardMs < oldestMs) this.#suspect(member);
  }

  #add(name: PeerName): Member {
    const lastHeardMs = this.#clock.nowMs();
    const member: Member = { name, status: null, vector: null, samples: 0, lastHeardMs, live: true };
    this.#members.set(name, member);
    this.#onChange(member, 'joined');
    return member;
  }

  #revive(member: Member): void {
    member.lastHeardMs = this.#clock.nowMs();
    if (member.live) return;
    member.live = true;
    this.#onChange(member, 'back');
  }

  #suspect(member: Member): void {
    member.live = false;
    this.#onChange(member, 'silent');
    this.changes.ring();
  }
}

/** Gossip may bring an older word after a newer one: a peer goes through its states in order, and forgets nothing. */
function isOlder(status: Status, known: Status): boolean {
  if (status.origin !== known.origin) return false;
  if (known.state === 'left') return true;
  const order = (state: Status['state']) => peerStates.indexOf(state);
  if (order(status.state) !== order(known.state)) return order(status.state) < order(known.state);
  if (status.samples < known.samples) return true;
  return known.vector !== null && !new VersionVector(status.vector ?? []).covers(new VersionVector(known.vector));
}

/** The origins of a vector as one number each, by peer: sums over a peer's incarnations. */
export function sequencesByPeer(entries: Iterable<readonly [OriginKey, number]>): Record<PeerName, number> {
  const sums: Record<PeerName, number> = {};
  for (const [origin, sequence] of entries) {
    const peer = peerOf(origin);
    sums[peer] = (sums[peer] ?? 0) + sequence;
  }
  return sums;
}
