import type { PeerEvent, PeerReport } from '../../peer/events.ts';
import { Peer } from '../../peer/peer.ts';
import type { EvaluationSamples } from '../../peer/replica/evaluation-samples.ts';
import { type ComputeModel, InlineReplica } from '../../peer/replica/inline-replica.ts';
import { Trainer } from '../../peer/replica/trainer.ts';
import { MemoryHub } from '../../protocols/memory/hub.ts';
import type { LinkSettings } from '../../protocols/memory/link.ts';
import { identityCompressor } from '../../src/compression/replica-compressor.ts';
import type { Compute } from '../../src/compute/compute.ts';
import type { Dataset } from '../../src/datasets/dataset.ts';
import type { Manifest } from '../../src/manifest.ts';
import { originKey } from '../../src/sum/origin.ts';
import { seededRandom } from '../../src/support/random.ts';
import { VirtualClock } from '../../src/support/virtual-clock.ts';

/** What the peers of one simulation share: none of it keeps anything of a peer. */
export interface VirtualSwarmComponents {
  readonly compute: Compute;
  readonly dataset: Dataset;
  readonly samples: EvaluationSamples;
}

export interface VirtualSwarmInit {
  readonly manifest: Manifest;
  readonly link: LinkSettings;
  readonly model: ComputeModel;
  /** Peers, by shard, that lose power this long after the start. */
  readonly crashes?: readonly { readonly shard: number; readonly afterMs: number }[];
}

export interface VirtualSwarmResult {
  /** All peers' events in the order in which they happened. */
  readonly events: readonly PeerEvent[];
  /** Of the peers that live to the end, by shard. */
  readonly reports: readonly PeerReport[];
  /** Their S at the end. */
  readonly replicas: readonly Int32Array[];
}

/** Midnight of a past day: virtual time starts here, so that traces can be told from real ones. */
const START_MS = Date.UTC(2020, 0, 1);

/** A whole swarm in one process: peer and protocol code as in a real run, on virtual time and an in-memory network. */
export async function runVirtualSwarm(
  components: VirtualSwarmComponents,
  { manifest, link, model, crashes = [] }: VirtualSwarmInit,
): Promise<VirtualSwarmResult> {
  const clock = new VirtualClock(START_MS);
  const random = seededRandom(manifest.seed).fork('simulation');
  const hub = new MemoryHub({ clock, random: random.fork('links') }, link);
  const incarnations = random.fork('incarnations');
  const events: PeerEvent[] = [];
  const survivors: { trainer: Trainer; life: Promise<PeerReport> }[] = [];
  for (let shard = 0; shard < manifest.peers; shard++) {
    const name = `peer-${shard}`;
    const origin = originKey({ peer: name, incarnation: incarnations.bits64() });
    const trainer = new Trainer({ ...components, clock, compressor: identityCompressor }, { manifest, shard, origin });
    const power = new AbortController();
    const peer = new Peer(
      { network: hub.network(name), clock, replica: new InlineReplica(trainer, { clock, model }) },
      {
        manifest,
        shard,
        origin,
        join: shard === 0 ? [] : ['/memory/peer-0'],
        emit: (event) => power.signal.aborted || events.push(event),
        signal: power.signal,
      },
    );
    const life = peer.run();
    const crash = crashes.find((candidate) => candidate.shard === shard);
    if (crash === undefined) {
      survivors.push({ trainer, life });
      continue;
    }
    clock.after(crash.afterMs, () => {
      power.abort();
      hub.cut(name);
    });
    // Whatever becomes of it, nobody sees it any more.
    life.catch(() => {});
  }
  const reports = await clock.run(Promise.all(survivors.map(({ life }) => life)));
  return { events, reports, replicas: survivors.map(({ trainer }) => trainer.snapshot().values) };
}
