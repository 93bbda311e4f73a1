import type { MadeImage } from '../../protocols/replica/recent-images.ts';
import type { BackendName } from '../../src/compute/compute.ts';
import type { OriginKey } from '../../src/sum/origin.ts';
import type { ExchangeSetting } from '../controller/setting.ts';

/** A frame that the network side has validated and put in order. */
export interface ArrivedFrame {
  readonly origin: OriginKey;
  readonly bytes: Uint8Array;
}

export interface ReplicaInfo {
  readonly backend: BackendName;
  readonly shardSamples: number;
  /** What is applied: nothing, but after a checkpoint. */
  readonly vector: readonly (readonly [OriginKey, number])[];
}

/** What the network side knows when a round starts. */
export interface RoundInput {
  readonly arrived: readonly ArrivedFrame[];
  /** Peers contributing, this one included. */
  readonly members: number;
  readonly swarmSamples: number;
  /** Of them this peer's own, over all its processes. */
  readonly ownSamples: number;
  /** Rounds from an update's publication to its application elsewhere. */
  readonly delayRounds: number;
  /** How much this round takes and tells. */
  readonly setting: ExchangeSetting;
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
  /** Share of the partition's mass (sum of |pending|) that the publication left behind. */
  readonly residueShare: number;
  /** Mean time that what it carries has waited in `pending`. */
  readonly pendingMs: number;
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

/** How to put another peer's S in the place of the own. */
export interface Adoption {
  readonly image: Uint8Array;
  /** Where the image stands, as its source told before it came. */
  readonly vector: readonly (readonly [OriginKey, number])[];
  /** Updates that the image lacks and this peer holds, in an order in which they can be applied. */
  readonly replay: readonly ArrivedFrame[];
  /** Set where own updates are lost to the shared sum. */
  readonly givenUp: {
    /** Own updates beyond this sequence go back into `pending`. */
    readonly above: number;
    readonly updates: readonly ArrivedFrame[];
    /** The origin to publish under from now on. */
    readonly next: OriginKey;
  } | null;
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
 * worker thread of a real peer and inline in a simulated one. Calls are answered one after the other, in their order.
 */
export interface ReplicaHost {
  /**
   * Loads data and model, and goes on from a checkpoint where one is given. Throws DATA_MISSING, DATA_CORRUPT,
   * BACKEND_UNAVAILABLE, and MESSAGE_INVALID where the checkpoint is none of this model.
   */
  start(checkpoint: Uint8Array | null): Promise<ReplicaInfo>;
  /** One whole round; see ARCHITECTURE.md. */
  round(input: RoundInput): Promise<RoundOutput>;
  /** Applies frames without training, while the peer waits. */
  absorb(arrived: readonly ArrivedFrame[]): Promise<readonly Drift[]>;
  evaluate(scope: EvaluationScope): Promise<ReplicaScores>;
  snapshot(): Promise<Snapshot>;
  /** For others that are too far behind. */
  image(): Promise<MadeImage>;
  /** Between rounds. Throws MESSAGE_INVALID and changes nothing where the image is bad, or stands elsewhere than told. */
  adopt(adoption: Adoption): Promise<readonly Drift[]>;
  /** What a later process needs to go on from here. */
  checkpoint(): Promise<Uint8Array>;
  stop(): Promise<void>;
}
