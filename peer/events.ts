import type { BytesByKind } from '../protocols/traffic.ts';
import type { BackendName } from '../src/compute/compute.ts';
import type { PeerName } from '../src/sum/origin.ts';

/** Median and 99th percentile. */
export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
}

/** Of a process: resident memory of all its threads, and what V8 holds for the network thread. */
export interface MemoryUse {
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  /** Buffers outside the heap that belong to it, the frames in the log among them. */
  readonly externalBytes: number;
}

/** What a peer costs its network and its machine. Counters are totals since its start. */
export interface Footprint {
  /** `bytesSent` by what it was for. */
  readonly sentByKind: BytesByKind;
  /** Frames published, each counted once however many peers take it, and the coded entries within them. */
  readonly publishedBytes: number;
  readonly publishedPayloadBytes: number;
  /** Updates of all origins held to serve others, bookkeeping included, at this moment. */
  readonly logBytes: number;
  /** Peers connected, and feeds that bring updates, at this moment. */
  readonly connections: number;
  readonly feeds: number;
  /** Of the peer's process, told by the first peer in it; null from the others, and in a simulation. */
  readonly memory: MemoryUse | null;
}

/** How far a peer is; sent about once a second. Counters are totals since the peer's start. */
export interface Progress {
  readonly round: number;
  /** Own samples, and the whole swarm's as far as this peer knows. */
  readonly samples: number;
  readonly swarmSamples: number;
  readonly samplesPerSecond: number;
  /** Training loss of the last round's minibatches. */
  readonly loss: number;
  /** Latest evaluation of the shared replica and of the latent one, in [0, 1]; null before the first. */
  readonly accuracy: number | null;
  readonly latentAccuracy: number | null;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly updateAgeSeconds: Quantiles | null;
  /** Updates published by this peer, and per other peer how many of theirs it has applied; null where these are many. */
  readonly published: number;
  readonly applied: Readonly<Record<PeerName, number>> | null;
  /** Peers contributing, this one included, and the lookahead in force. */
  readonly members: number;
  readonly lookahead: string;
  /** Null from peers of a version that did not tell. */
  readonly footprint: Footprint | null;
}

/** What a peer leaves behind: its row of the summary, and what the runner compares. */
export interface PeerReport {
  readonly rounds: number;
  readonly samples: number;
  readonly localSteps: number;
  readonly accuracy: number;
  readonly latentAccuracy: number;
  /** Size of the replica at rest, and in plain float32. */
  readonly replicaBytes: number;
  readonly denseBytes: number;
  readonly computeSeconds: number;
  readonly codecSeconds: number;
  readonly evaluationSeconds: number;
  /** Computing nothing, for the exchange was not ready: in all, and at one stretch. */
  readonly blockedSeconds: number;
  readonly longestBlockSeconds: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly updateAgeSeconds: Quantiles | null;
  readonly published: number;
  readonly applied: Readonly<Record<PeerName, number>>;
  /** Hash of S computed from S itself, in hexadecimal, and whether it equals the sum of the origins' hashes. */
  readonly fingerprint: string;
  readonly fingerprintHolds: boolean;
  /** Highest sequence applied per origin key. */
  readonly vector: Readonly<Record<string, number>>;
  /** Frames and messages dropped because they were invalid. */
  readonly invalidMessages: number;
  /** Null from peers of a version that did not tell. */
  readonly footprint: Footprint | null;
}

/** Everything a peer tells its surroundings, one JSON object a line with `--json`. */
export type PeerEvent = { readonly atMs: number; readonly peer: PeerName } & (
  | { readonly type: 'listening'; readonly shard: number; readonly addresses: readonly string[] }
  | {
      readonly type: 'ready';
      readonly backend: BackendName;
      readonly parameters: number;
      readonly shardSamples: number;
    }
  | { readonly type: 'member'; readonly member: PeerName; readonly state: 'joined' | 'silent' | 'back' | 'left' }
  | { readonly type: 'started'; readonly members: number }
  | { readonly type: 'progress'; readonly progress: Progress }
  | {
      readonly type: 'evaluation';
      readonly swarmSamples: number;
      readonly accuracy: number;
      /** Null where `whole` is false. */
      readonly latentAccuracy: number | null;
      /** True when the whole test set was used. */
      readonly whole: boolean;
      readonly tookSeconds: number;
      readonly bytesSent: number;
    }
  /** This peer goes on from a checkpoint; samples over all its processes. */
  | { readonly type: 'restored'; readonly rounds: number; readonly samples: number; readonly tookSeconds: number }
  /** A checkpoint is on the disk; the replica stood still for so long. */
  | { readonly type: 'checkpointed'; readonly rounds: number; readonly bytes: number; readonly heldSeconds: number }
  /** Another peer's replica is fetched, for no log reaches back to where this one stands. */
  | { readonly type: 'transferring'; readonly source: PeerName; readonly bytes: number }
  /** It has taken the place of the own; of the updates it lacked, the log brought most back. */
  | {
      readonly type: 'adopted';
      readonly source: PeerName;
      readonly bytes: number;
      readonly seconds: number;
      /** Own updates that went back into what is not published yet. */
      readonly putBack: number;
      /** Own updates that are gone, unless somebody else still holds them. */
      readonly lost: number;
      /** Updates of others that are gone here; their owners put them back. */
      readonly othersGivenUp: number;
    }
  /** The controller changed how much a round takes and tells. */
  | {
      readonly type: 'tuned';
      readonly localSteps: number;
      readonly partitions: number;
      readonly density: number;
      /** What is followed: egress at its bound, or a queue on the way out that must drain. */
      readonly reason: 'egress' | 'queue';
      /** What may leave this peer, and what did of late, all protocols together. */
      readonly allowedBytesPerSecond: number;
      readonly sentBytesPerSecond: number;
      /** Of updates when they are applied, the time in `pending` included; and what publications leave behind. */
      readonly ageSeconds: number;
      readonly residueShare: number;
    }
  /** This peer has seen the swarm's median reach the target. */
  | { readonly type: 'converged'; readonly swarmSamples: number; readonly bytesSent: number }
  | { readonly type: 'finishing'; readonly reason: 'target' | 'samples' | 'seconds' | 'asked' }
  | { readonly type: 'warning'; readonly code: string; readonly message: string }
  | { readonly type: 'finished'; readonly report: PeerReport }
);
