import type { BackendName } from '../../src/compute/compute.ts';
import type { OriginKey } from '../../src/sum/origin.ts';

/** A frame that the network side has validated and put in order. */
export interface ArrivedFrame {
  readonly origin: OriginKey;
  readonly bytes: Uint8Array;
}

export interface ReplicaInfo {
  readonly backend: BackendName;
  readonly shardSamples: number;
}

/** What the network side knows when a round starts. */
export interface RoundInput {
  readonly arrived: readonly ArrivedFrame[];
  /** Peers contributing, this one included. */
  readonly members: number;
  readonly swarmSamples: number;
  /** Rounds from an update's publication to its application elsewhere. */
  readonly delayRounds: number;
}

/** An origin whose own hash of what it published differs from what was applied of it. */
export interface Drift {
  readonly origin: OriginKey;
  readonly sequence: number;
}

export interface RoundOutput {
  /** The frame to publish, complete; null where the strategy shares nothing. */
  readonly frame: { readonly sequence: number; readonly bytes: Uint8Array } | null;
  /** Samples of this round. */
  readonly samples: number;
  readonly localSteps: number;
  readonly loss: number;
  readonly lookahead: string;
  readonly computeMs: number;
  readonly codecMs: number;
  readonly drifts: readonly Drift[];
}

/**
 * On the stand-in samples while running; on the whole test set to confirm; at the end also of the weights trained on, which
 * costs as much again.
 */
export type EvaluationScope = 'stand-in' | 'whole' | 'final';

/** Scores of the shared replica as it would be shipped, and of the weights this peer trains on. */
export interface ReplicaScores {
  readonly accuracy: number;
  /** Null but at the end. */
  readonly latentAccuracy: number | null;
  readonly whole: boolean;
  readonly tookMs: number;
  /** Whether the fingerprint equation held. */
  readonly fingerprintHolds: boolean;
}

/** S and the applied vector at one instant. */
export interface Snapshot {
  readonly values: Int32Array;
  readonly vector: readonly (readonly [OriginKey, number])[];
  readonly fingerprint: string;
  readonly fingerprintHolds: boolean;
  readonly replicaBytes: number;
}

/**
 * The replica side of a peer: S, `pending`, optimiser, data, compute, and the vector of what is applied. Lives in a
 * worker thread of a real peer and inline in a simulated one. One call at a time.
 */
export interface ReplicaHost {
  /** Loads data and model. Throws DATA_MISSING, DATA_CORRUPT, BACKEND_UNAVAILABLE. */
  start(): Promise<ReplicaInfo>;
  /** One whole round; see ARCHITECTURE.md. */
  round(input: RoundInput): Promise<RoundOutput>;
  /** Applies frames without training, while the peer waits. */
  absorb(arrived: readonly ArrivedFrame[]): Promise<readonly Drift[]>;
  evaluate(scope: EvaluationScope): Promise<ReplicaScores>;
  snapshot(): Promise<Snapshot>;
  stop(): Promise<void>;
}
