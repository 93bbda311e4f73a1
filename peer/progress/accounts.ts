import type { Network } from '../../protocols/network.ts';
import type { Status } from '../../protocols/status/messages.ts';
import type { OriginKey, PeerName } from '../../src/sum/origin.ts';
import { sequencesByPeer } from '../../src/sum/sequences-by-peer.ts';
import type { UpdateLog } from '../../src/sum/update-log.ts';
import type { Footprint, MemoryUse, PeerReport, Progress } from '../events.ts';
import type { Feeds } from '../exchange/feeds.ts';
import type { Inbox } from '../exchange/inbox.ts';
import type { Members } from '../membership/members.ts';
import type { ReplicaScores, Snapshot } from '../replica/replica-host.ts';
import type { DelayMeter } from './delay-meter.ts';
import type { SwarmClock } from './swarm-clock.ts';
import type { Tally } from './tally.ts';

/** Between two progress events: a live view needs no more. */
const PROGRESS_MS = 1_000;
/** Or so much a planned peer, where that is longer: all together tell a hundred times a second. */
const PROGRESS_MS_PER_PEER = 10;
/** Among more peers than these no progress event tells of each: it would be longer than all else in it together. */
const MAX_TOLD_PEERS = 64;

/** Where a peer's figures are kept. */
export interface Books {
  readonly network: Network;
  readonly members: Members;
  readonly inbox: Inbox;
  readonly log: UpdateLog;
  /** Null where nothing is exchanged. */
  readonly feeds: Feeds | null;
  readonly swarm: SwarmClock;
  readonly delays: DelayMeter;
  readonly tally: Tally;
  /** Asks the peer's process what memory it uses; null where another peer tells it. */
  readonly memory: (() => MemoryUse) | null;
}

/** What the peer tells everyone: what it has applied once it is about to leave, and then in full where peers are few. */
export function statusOf(
  books: Books,
  told: Omit<Status, 'samples' | 'addresses' | 'applied' | 'vector'>,
  few: boolean,
): Status {
  const { taken } = books.inbox;
  const departing = told.state === 'finishing' || told.state === 'left';
  return {
    ...told,
    samples: books.swarm.own,
    addresses: books.network.addresses,
    applied: departing ? { updates: taken.total(), digest: taken.digest() } : null,
    vector: departing && few ? [...taken.entries()] : null,
  };
}

export function progressIntervalMs(plannedPeers: number): number {
  return Math.max(PROGRESS_MS, PROGRESS_MS_PER_PEER * plannedPeers);
}

/** How far the peer is at this moment. */
export function progressOf(books: Books, scores: ReplicaScores | null): Progress {
  const { network, members, inbox, swarm, delays, tally } = books;
  const { bytesSent, bytesReceived } = network.traffic();
  return {
    round: tally.rounds,
    samples: swarm.own,
    swarmSamples: swarm.samples(),
    samplesPerSecond: tally.samplesPerSecond(),
    loss: tally.loss,
    accuracy: scores?.accuracy ?? null,
    latentAccuracy: scores?.latentAccuracy ?? null,
    bytesSent,
    bytesReceived,
    updateAgeSeconds: delays.ageSeconds(),
    published: publishedBy(network.self, inbox),
    applied: members.contributing() > MAX_TOLD_PEERS ? null : appliedOfOthers(network.self, inbox.taken.entries()),
    members: members.contributing(),
    lookahead: tally.lookahead,
    footprint: footprintOf(books),
  };
}

/** The peer's last word: its row of the summary. */
export function reportOf(books: Books, scores: ReplicaScores, snapshot: Snapshot, invalidMessages: number): PeerReport {
  const { network, inbox, swarm, delays, tally } = books;
  const { bytesSent, bytesReceived } = network.traffic();
  const { vector, values, fingerprint, fingerprintHolds, replicaBytes } = snapshot;
  return {
    rounds: tally.rounds,
    samples: swarm.own,
    localSteps: tally.localSteps,
    accuracy: scores.accuracy,
    latentAccuracy: scores.latentAccuracy ?? scores.accuracy,
    replicaBytes,
    denseBytes: 4 * values.length,
    computeSeconds: tally.computeMs / 1000,
    codecSeconds: tally.codecMs / 1000,
    evaluationSeconds: tally.evaluationMs / 1000,
    blockedSeconds: tally.blockedMs / 1000,
    longestBlockSeconds: tally.longestBlockMs / 1000,
    bytesSent,
    bytesReceived,
    updateAgeSeconds: delays.ageSeconds(),
    published: publishedBy(network.self, inbox),
    applied: appliedOfOthers(network.self, vector),
    fingerprint,
    fingerprintHolds,
    vector: Object.fromEntries(vector),
    invalidMessages,
    footprint: footprintOf(books),
  };
}

function footprintOf({ network, log, feeds, tally, memory }: Books): Footprint {
  return {
    sentByKind: network.traffic().sentByKind,
    publishedBytes: tally.publishedBytes,
    publishedPayloadBytes: tally.publishedPayloadBytes,
    logBytes: log.bytes,
    connections: network.connected.size,
    feeds: feeds?.count ?? 0,
    memory: memory?.() ?? null,
  };
}

/** Over all its origins. */
function publishedBy(self: PeerName, { taken }: Inbox): number {
  return sequencesByPeer(taken.entries())[self] ?? 0;
}

function appliedOfOthers(self: PeerName, vector: Iterable<readonly [OriginKey, number]>): Record<PeerName, number> {
  const { [self]: _own, ...others } = sequencesByPeer(vector);
  return others;
}
