import type { Network } from '../protocols/network.ts';
import type { OriginKey, PeerName } from '../src/sum/origin.ts';
import type { DelayMeter } from './delay-meter.ts';
import type { PeerReport, Progress } from './events.ts';
import type { Inbox } from './inbox.ts';
import { type Members, sequencesByPeer } from './members.ts';
import type { ReplicaScores, Snapshot } from './replica/replica-host.ts';
import type { SwarmClock } from './swarm-clock.ts';
import type { Tally } from './tally.ts';

/** Where a peer's figures are kept. */
export interface Books {
  readonly network: Network;
  readonly members: Members;
  readonly inbox: Inbox;
  readonly swarm: SwarmClock;
  readonly delays: DelayMeter;
  readonly tally: Tally;
}

/** How far the peer is at this moment. */
export function progressOf(books: Books, scores: ReplicaScores | null): Progress {
  const { network, members, inbox, swarm, delays, tally } = books;
  return {
    round: tally.rounds,
    samples: swarm.own,
    swarmSamples: swarm.samples(),
    samplesPerSecond: tally.samplesPerSecond(),
    loss: tally.loss,
    accuracy: scores?.accuracy ?? null,
    latentAccuracy: scores?.latentAccuracy ?? null,
    ...network.traffic(),
    updateAgeSeconds: delays.ageSeconds(),
    published: tally.published,
    applied: appliedOfOthers(network.self, inbox.taken.entries()),
    members: members.contributing(),
    lookahead: tally.lookahead,
  };
}

/** The peer's last word: its row of the summary. */
export function reportOf(books: Books, scores: ReplicaScores, snapshot: Snapshot, invalidMessages: number): PeerReport {
  const { network, swarm, delays, tally } = books;
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
    ...network.traffic(),
    updateAgeSeconds: delays.ageSeconds(),
    published: tally.published,
    applied: appliedOfOthers(network.self, vector),
    fingerprint,
    fingerprintHolds,
    vector: Object.fromEntries(vector),
    invalidMessages,
  };
}

function appliedOfOthers(self: PeerName, vector: Iterable<readonly [OriginKey, number]>): Record<PeerName, number> {
  const { [self]: _own, ...others } = sequencesByPeer(vector);
  return others;
}
