import type { EncodedDelta } from '../../src/compression/update-code.ts';
import type { Manifest } from '../../src/manifest.ts';
import type { Layout } from '../../src/models/layout.ts';
import type { Delta } from '../../src/sum/delta.ts';
import type { Random } from '../../src/support/random.ts';
import type { ExchangeSetting } from '../controller/setting.ts';
import type { Lookahead } from '../replica/lookahead.ts';
import type { Replica } from '../replica/replica.ts';

/** What a round ends with: a part of `pending`, quantised and coded. */
export interface Publication {
  readonly partition: number;
  readonly partitions: number;
  /** Number of the update code. */
  readonly code: number;
  readonly encoded: EncodedDelta;
  readonly delta: Delta;
  /** Whether most of the partition stays behind: then momentum of what is sent may be masked. */
  readonly sparse: boolean;
  /** Mean time that the content waited in `pending`. */
  readonly pendingMs: number;
  /** Share of the partition's mass (sum of |pending|) that stays behind. */
  readonly residueShare: number;
}

/** Where in the run a publication is made. */
export interface PublicationMoment {
  readonly round: number;
  readonly setting: ExchangeSetting;
  readonly nowMs: number;
  /** Entries with 0 are pruned and do not compete; null where nothing is. */
  readonly mask: Uint8Array | null;
}

/** What a round does; everything else (compute, data, network) is the same for all strategies. */
export interface Strategy {
  readonly lookahead: Lookahead;
  /** Whether publications go to other peers. */
  readonly shared: boolean;
  /** Factor on every step as it enters `pending`, with `members` peers contributing. */
  contribution(members: number): number;
  /** Chooses and codes what leaves `pending` at the end of a round. The caller moves it. */
  publication(moment: PublicationMoment): Publication;
}

export interface StrategyComponents {
  readonly manifest: Manifest;
  readonly layout: Layout;
  readonly replica: Replica;
  readonly random: Random;
  /** Offset of this peer in the partition schedule, so that peers are out of phase. */
  readonly phase: number;
  readonly startMs: number;
}
