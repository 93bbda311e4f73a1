import type { Footprint, MemoryUse, PeerReport, Quantiles } from '../../peer/events.ts';
import { canonicalJson, type Manifest, manifestDigest } from '../../src/manifest.ts';
import type { PeerName } from '../../src/sum/origin.ts';
import type { Scenario } from '../define-scenario.ts';
import { appliedShare, type PeerTally, type RunTally } from './tally.ts';
import { addWireBytes, type WireBytes, wireBytes } from './wire-bytes.ts';

/** Middle and ends over the peers, in [0, 1]. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** One peer's row. Totals since its start; null is what it did not live to tell. */
export interface PeerSummary {
  readonly peer: PeerName | null;
  readonly rounds: number | null;
  readonly samples: number | null;
  readonly accuracy: number | null;
  readonly latentAccuracy: number | null;
  readonly replicaBytes: number | null;
  readonly denseBytes: number | null;
  readonly computeSeconds: number | null;
  readonly codecSeconds: number | null;
  readonly blockedSeconds: number | null;
  readonly bytesSent: number;
  readonly bytesReceived: number | null;
  readonly sentByKind: WireBytes | null;
  /** At the end, and the most that was resident at any time it told of. */
  readonly memory: MemoryUse | null;
  readonly peakRssBytes: number | null;
  /** The most peers connected, and the most feeds open, at any time it told of. */
  readonly connections: number | null;
  readonly feeds: number | null;
  /** Share of all other peers' published updates applied at the end; null where none was published. */
  readonly appliedShare: number | null;
  /** From a gradient's computation elsewhere to its application here. */
  readonly updateAgeSeconds: Quantiles | null;
}

/** A run in numbers: `summary.json`, and the last line of `murmur run --json`. What is not known is null. */
export interface Summary {
  readonly scenario: string;
  readonly seed: number;
  /** In a simulated run every time is virtual. */
  readonly mode: Scenario['mode'];
  readonly strategy: Manifest['exchange']['strategy'];
  /** Digest of the run's manifest. */
  readonly manifest: string;
  readonly backend: string | null;
  readonly target: Manifest['target'];
  readonly converged: boolean;
  /** From the run's start, before any process, to the moment when more than half of the peers had seen the target. */
  readonly timeToTargetSeconds: number | null;
  /** Of the whole swarm, at that moment. */
  readonly samplesToTarget: number | null;
  /** Samples of all peers a second, from the first round to the last; loading and lingering left out. */
  readonly samplesPerSecond: number | null;
  /** Of the shared replica S on the whole test set. */
  readonly finalAccuracy: Spread | null;
  readonly latentAccuracy: Spread | null;
  readonly bytes: {
    /** What all peers together handed to their sockets until each saw the target, everything included. */
    readonly sentToTarget: number | null;
    /** The same over the whole run. */
    readonly wireSent: number;
    /** What float32 all-to-all exchange after each of the run's local steps would have taken, without any framing. */
    readonly denseEquivalent: number | null;
    /** `denseEquivalent / wireSent`, both over the whole run. */
    readonly wireRatio: number | null;
    /** `wireSent` by what it was for. */
    readonly byKind: WireBytes | null;
  };
  /** Every peer's S has the same fingerprint, and it is the one that the applied updates add up to. */
  readonly fingerprintsEqual: boolean | null;
  /** Every peer ended with the same updates applied. */
  readonly vectorsEqual: boolean | null;
  /** The least `appliedShare` of any peer at any time after the first 5 % of `limits.samples`. */
  readonly appliedShareWhileRunning: number | null;
  readonly peers: readonly PeerSummary[];
}

/** Where a run stands, or stood when it ended. `startedAtMs` is the run's start in milliseconds since the epoch. */
export function summarize(
  manifest: Manifest,
  tally: RunTally,
  startedAtMs: number,
  mode: Scenario['mode'] = 'real',
): Summary {
  const { converged } = tally;
  const reports = tally.peers.flatMap(({ report }) => report ?? []);
  const complete = reports.length === tally.peers.length;
  const exchanges = manifest.exchange.strategy !== 'none';
  const backends = new Set(tally.peers.flatMap((peer) => peer.backend ?? []));
  return {
    scenario: manifest.name,
    seed: manifest.seed,
    mode,
    strategy: manifest.exchange.strategy,
    manifest: manifestDigest(manifest),
    backend: backends.size > 0 ? [...backends].join(', ') : null,
    target: manifest.target,
    converged: converged !== null,
    timeToTargetSeconds: converged && (converged.atMs - startedAtMs) / 1000,
    samplesToTarget: converged?.swarmSamples ?? null,
    samplesPerSecond: samplesPerSecond(tally),
    finalAccuracy: spread(reports.map((report) => report.accuracy)),
    latentAccuracy: spread(reports.map((report) => report.latentAccuracy)),
    bytes: bytes(manifest, tally),
    fingerprintsEqual: exchanges && complete ? fingerprintsEqual(reports) : null,
    vectorsEqual: exchanges && complete ? allEqual(reports.map((report) => canonicalJson(report.vector))) : null,
    appliedShareWhileRunning: tally.appliedShareWhileRunning,
    peers: tally.peers.map((peer) => peerSummary(peer, tally)),
  };
}

function bytes(manifest: Manifest, tally: RunTally): Summary['bytes'] {
  const { peers, converged } = tally;
  const wireSent = sum(peers.map((peer) => peer.bytesSent));
  const dense = peers.map(({ report, parameters }) =>
    report && parameters !== null ? report.localSteps * parameters * 4 * (manifest.peers - 1) : null,
  );
  const kinds = peers.map((peer) => sentByKind(peer));
  const denseEquivalent = dense.every((each) => each !== null) ? sum(dense) : null;
  return {
    sentToTarget: converged && sum(peers.map((peer) => peer.converged?.bytesSent ?? peer.bytesSent)),
    wireSent,
    denseEquivalent,
    wireRatio: denseEquivalent !== null && wireSent > 0 ? denseEquivalent / wireSent : null,
    byKind: kinds.every((each) => each !== null) ? addWireBytes(kinds) : null,
  };
}

function peerSummary(peer: PeerTally, tally: RunTally): PeerSummary {
  const { report, progress } = peer;
  const published = tally.peers.map(({ name, report }) => ({ name, published: report?.published ?? 0 }));
  return {
    peer: peer.name,
    rounds: report?.rounds ?? progress?.round ?? null,
    samples: report?.samples ?? progress?.samples ?? null,
    accuracy: peer.accuracy,
    latentAccuracy: report?.latentAccuracy ?? progress?.latentAccuracy ?? null,
    replicaBytes: report?.replicaBytes ?? null,
    denseBytes: report?.denseBytes ?? null,
    computeSeconds: report?.computeSeconds ?? null,
    codecSeconds: report?.codecSeconds ?? null,
    blockedSeconds: report?.blockedSeconds ?? null,
    bytesSent: peer.bytesSent,
    bytesReceived: report?.bytesReceived ?? progress?.bytesReceived ?? null,
    sentByKind: sentByKind(peer),
    memory: (report ?? progress)?.footprint?.memory ?? null,
    peakRssBytes: most(peer, ({ memory }) => memory?.rssBytes),
    connections: most(peer, ({ connections }) => connections),
    feeds: most(peer, ({ feeds }) => feeds),
    appliedShare: report && appliedShare(peer.name, report.applied, published),
    updateAgeSeconds: report?.updateAgeSeconds ?? progress?.updateAgeSeconds ?? null,
  };
}

function sentByKind({ report, progress }: PeerTally): WireBytes | null {
  const footprint = (report ?? progress)?.footprint;
  return footprint ? wireBytes(footprint) : null;
}

/** The largest that a figure of the peer's footprint ever was; null where it was never told. */
function most({ course }: PeerTally, figure: (footprint: Footprint) => number | undefined): number | null {
  const told = course.points.flatMap(({ footprint }) => (footprint && figure(footprint)) ?? []);
  return told.length === 0 ? null : told.reduce((most, value) => Math.max(most, value));
}

function samplesPerSecond({ peers, trainingFromMs, trainingToMs }: RunTally): number | null {
  if (trainingFromMs === null || trainingToMs === null || trainingToMs <= trainingFromMs) return null;
  const samples = sum(peers.map(({ report, progress }) => report?.samples ?? progress?.samples ?? 0));
  return samples / ((trainingToMs - trainingFromMs) / 1000);
}

function fingerprintsEqual(reports: readonly PeerReport[]): boolean {
  return reports.every((report) => report.fingerprintHolds) && allEqual(reports.map((report) => report.fingerprint));
}

function allEqual(values: readonly string[]): boolean {
  return values.every((value) => value === values[0]);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Median (the mean of the middle two where there are two) and ends; null of nothing. */
export function spread(values: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}
