import type { PeerEvent, PeerReport } from '../../peer/events.ts';
import type { EvaluationSamples } from '../../peer/replica/evaluation-samples.ts';
import type { ComputeModel } from '../../peer/replica/inline-replica.ts';
import type { ArrivedFrame } from '../../peer/replica/replica-host.ts';
import { MemoryHub } from '../../protocols/memory/hub.ts';
import type { LinkSettings } from '../../protocols/memory/link.ts';
import { FrameReader } from '../../protocols/updates/update-reader.ts';
import type { Compute } from '../../src/compute/compute.ts';
import type { Dataset } from '../../src/datasets/dataset.ts';
import type { Manifest } from '../../src/manifest.ts';
import { latticeUnit } from '../../src/sum/lattice.ts';
import type { Clock } from '../../src/support/clock.ts';
import { seededRandom } from '../../src/support/random.ts';
import { VirtualClock } from '../../src/support/virtual-clock.ts';
import { SharedReader } from './shared-reader.ts';
import { VirtualPeer } from './virtual-peer.ts';

/** What the peers of one simulation share: none of it keeps anything of a peer. */
export interface VirtualSwarmComponents {
  readonly compute: Compute;
  readonly dataset: Dataset;
  readonly samples: EvaluationSamples;
}

/** What befalls a swarm; times count from the start. Peers beyond the planned ones share the shards of the first. */
export type Happening = { readonly atMs: number } /** Loses power. */ & (
  | { readonly kind: 'crash'; readonly peer: number }
  /** Starts again, from its latest checkpoint; or for the first time, where it is beyond the planned ones. */
  | { readonly kind: 'start'; readonly peer: number }
  /** Nothing passes between these and the others any more, until the next of its kind; with none, all are joined. */
  | { readonly kind: 'part'; readonly peers: readonly number[] }
  /** A peer's disk keeps the checkpoint that it has, whatever is written. */
  | { readonly kind: 'freeze-disk'; readonly peer: number }
);

export interface VirtualSwarmInit {
  readonly manifest: Manifest;
  readonly link: LinkSettings;
  readonly model: ComputeModel;
  readonly happenings?: readonly Happening[];
  /** Called before the peers start, for whoever else is on their network. */
  readonly intrude?: (hub: MemoryHub, clock: Clock) => void;
  /** See `PeerInit`. */
  readonly logBytes?: number;
  readonly checkpointSeconds?: number;
  /** Sees every update as it is published. */
  readonly onPublished?: (update: ArrivedFrame) => void;
}

export interface VirtualSwarmResult {
  /** All peers' events in the order in which they happened. */
  readonly events: readonly PeerEvent[];
  /** Of the peers that live to the end, in their order. */
  readonly reports: readonly PeerReport[];
  /** Their S at the end. */
  readonly replicas: readonly Int32Array[];
}

/** Midnight of a past day: virtual time starts here, so that traces can be told from real ones. */
const START_MS = Date.UTC(2020, 0, 1);

/** A whole swarm in one process: peer and protocol code as in a real run, on virtual time and an in-memory network. */
export async function runVirtualSwarm(
  components: VirtualSwarmComponents,
  init: VirtualSwarmInit,
): Promise<VirtualSwarmResult> {
  const { manifest, link, happenings = [] } = init;
  const clock = new VirtualClock(START_MS);
  const random = seededRandom(manifest.seed).fork('simulation');
  const hub = new MemoryHub({ clock, random: random.fork('links') }, link);
  init.intrude?.(hub, clock);
  const unit = latticeUnit(manifest.exchange.latticeBits);
  const reader = new SharedReader(new FrameReader(components.compute.layout, unit));
  const incarnations = random.fork('incarnations');
  const events: PeerEvent[] = [];
  const named = happenings.flatMap((happening) => ('peer' in happening ? [happening.peer] : []));
  const count = Math.max(manifest.peers, ...named.map((peer) => peer + 1));
  const peers = Array.from(
    { length: count },
    (_, index) =>
      new VirtualPeer(
        { ...components, clock, hub, reader },
        { ...init, index, drawIncarnation: () => incarnations.bits64(), emit: (event) => events.push(event) },
      ),
  );
  for (const peer of peers) if (peer.index < manifest.peers) peer.start();
  for (const happening of happenings) clock.after(happening.atMs, () => befall(peers, hub, happening));
  // Who is to come is waited for, too.
  const last = Math.max(0, ...happenings.map(({ atMs }) => atMs));
  const happened = new Promise<void>((resolve) => clock.after(last, resolve));
  const survivors = () => peers.filter(({ life }) => life !== null);
  const reports = await clock.run(happened.then(() => Promise.all(survivors().map(({ life }) => life!))));
  return { events, reports, replicas: survivors().map((peer) => peer.values()) };
}

function befall(peers: readonly VirtualPeer[], hub: MemoryHub, happening: Happening): void {
  switch (happening.kind) {
    case 'crash':
      peers[happening.peer]!.crash();
      break;
    case 'start':
      peers[happening.peer]!.start();
      break;
    case 'freeze-disk':
      peers[happening.peer]!.freezeDisk();
      break;
    case 'part':
      hub.part(...happening.peers.map((index) => peers[index]!.name));
  }
}
