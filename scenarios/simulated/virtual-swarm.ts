import type { PeerEvent, PeerReport } from '../../peer/events.ts';
import type { EvaluationSamples } from '../../peer/replica/evaluation-samples.ts';
import type { ArrivedFrame } from '../../peer/replica/replica-host.ts';
import { SimulatedHub } from '../../protocols/simulated/hub.ts';
import type { LinkSettings, Links } from '../../protocols/simulated/links.ts';
import type { Trace } from '../../protocols/simulated/trace.ts';
import { FrameReader } from '../../protocols/updates/update-reader.ts';
import type { Compute } from '../../src/compute/compute.ts';
import type { Dataset } from '../../src/datasets/dataset.ts';
import type { Manifest } from '../../src/manifest.ts';
import { latticeUnit } from '../../src/sum/lattice.ts';
import type { PeerName } from '../../src/sum/origin.ts';
import type { Clock } from '../../src/support/clock.ts';
import { seededRandom } from '../../src/support/random.ts';
import { VirtualClock } from '../../src/support/virtual-clock.ts';
import { shareEvaluations } from './shared-evaluation.ts';
import { SharedReader } from './shared-reader.ts';
import { sharedStatuses } from './shared-statuses.ts';
import { START_MS } from './simulation.ts';
import { type ComputeModel, VirtualMachine } from './virtual-machine.ts';
import { type PeerWatch, peerName, VirtualPeer } from './virtual-peer.ts';

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
  /** Nothing passes from the ones to the others, the way back is open, until the next of its kind; see `SimulatedHub.block`. */
  | { readonly kind: 'block'; readonly from: readonly number[]; readonly to: readonly number[] }
  /** The connection between two peers is lost. */
  | { readonly kind: 'disconnect'; readonly peer: number; readonly other: number }
  /** From then on its steps and evaluations take so many times the usual. */
  | { readonly kind: 'slow'; readonly peer: number; readonly slowness: number }
  /** Other links from then on. */
  | { readonly kind: 'relink'; readonly link: LinkSettings | Links }
);

export interface VirtualSwarmInit {
  readonly manifest: Manifest;
  readonly link: LinkSettings | Links;
  readonly model: ComputeModel;
  readonly happenings?: readonly Happening[];
  /** Called before the peers start, for whoever else is on their network. */
  readonly intrude?: (hub: SimulatedHub, clock: Clock) => void;
  /** See `PeerInit`. */
  readonly logBytes?: number;
  readonly checkpointSeconds?: number;
  /** Sees every update as it is published. */
  readonly onPublished?: (update: ArrivedFrame) => void;
  /** Hears every event as it happens. */
  readonly onEvent?: (event: PeerEvent) => void;
  /** Whether the result has the events, which are as many as the square of the peers; it has where left out. */
  readonly keepsEvents?: boolean;
  /** Hears which of the happenings befalls the swarm, as it does. */
  readonly onHappening?: (index: number) => void;
  /** Hears of every event, connection and message, in words. */
  readonly trace?: Trace | undefined;
  /** Left out, a new one that starts at `START_MS`. */
  readonly clock?: VirtualClock;
  /** Virtual time after which the simulation throws TIMED_OUT; none where left out. */
  readonly limitMs?: number;
  /** Gives the simulation up, which then throws its reason. */
  readonly signal?: AbortSignal;
  readonly watch?: PeerWatch;
  /** Called before the peers start, to look at them while they run. */
  readonly accompany?: (peers: readonly VirtualPeer[], clock: Clock) => void;
}

export interface VirtualSwarmResult {
  /** All peers' events in the order in which they happened. */
  readonly events: readonly PeerEvent[];
  /** Of the peers that live to the end, in their order. */
  readonly reports: readonly PeerReport[];
  /** Who they are. */
  readonly survivors: readonly PeerName[];
  /** Their S at the end. */
  readonly replicas: readonly Int32Array[];
}

/** A whole swarm in one process: peer and protocol code as in a real run, on virtual time and a simulated network. */
export async function runVirtualSwarm(
  components: VirtualSwarmComponents,
  init: VirtualSwarmInit,
): Promise<VirtualSwarmResult> {
  const { manifest, link, happenings = [], clock = new VirtualClock(START_MS) } = init;
  const random = seededRandom(manifest.seed).fork('simulation');
  const hub = new SimulatedHub({ clock, random: random.fork('links'), trace: init.trace }, link);
  init.intrude?.(hub, clock);
  const unit = latticeUnit(manifest.exchange.latticeBits);
  const reader = new SharedReader(new FrameReader(components.compute.layout, unit));
  const readStatus = sharedStatuses();
  const compute = shareEvaluations(components.compute);
  const incarnations = random.fork('incarnations');
  const events: PeerEvent[] = [];
  const emit = (event: PeerEvent) => {
    if (init.keepsEvents !== false) events.push(event);
    init.onEvent?.(event);
    init.trace?.(event.peer, wordsOf(event));
  };
  const named = happenings.flatMap((happening) => ('peer' in happening ? [happening.peer] : []));
  const count = Math.max(manifest.peers, ...named.map((peer) => peer + 1));
  const peers = Array.from({ length: count }, (_, index) => {
    const machine = new VirtualMachine(init.model, index, random.fork(`machine ${index}`));
    const drawIncarnation = () => incarnations.bits64();
    const parts = { ...components, compute, clock, hub, machine, reader, readStatus };
    return new VirtualPeer(parts, { ...init, index, drawIncarnation, emit });
  });
  init.accompany?.(peers, clock);
  for (const peer of peers) if (peer.index < manifest.peers) peer.start();
  for (const [index, happening] of happenings.entries()) {
    clock.after(happening.atMs, () => {
      init.onHappening?.(index);
      init.trace?.('fate', JSON.stringify(happening));
      befall(peers, hub, happening);
    });
  }
  // Who is to come is waited for, too.
  const last = Math.max(0, ...happenings.map(({ atMs }) => atMs));
  const happened = new Promise<void>((resolve) => clock.after(last, resolve));
  const survivors = () => peers.filter(({ life }) => life !== null);
  const ended = happened.then(() => Promise.all(survivors().map(({ life }) => life!)));
  const reports = await clock.run(Promise.race([ended, givenUp(init.signal)]), init.limitMs);
  const [names, replicas] = [
    survivors().map(({ name }) => name),
    survivors().map((peer) => peer.replica!.sum.values.slice()),
  ];
  return { events, reports, survivors: names, replicas };
}

/** Without what is longer than a line. */
function wordsOf({ atMs: _, peer: __, type, ...rest }: PeerEvent): string {
  return type === 'progress' || type === 'finished' ? type : `${type} ${JSON.stringify(rest)}`;
}

function givenUp(signal?: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function befall(peers: readonly VirtualPeer[], hub: SimulatedHub, happening: Happening): void {
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
      hub.part(...happening.peers.map(peerName));
      break;
    case 'block':
      hub.block(happening.from.map(peerName), happening.to.map(peerName));
      break;
    case 'disconnect':
      hub.disconnect(peerName(happening.peer), peerName(happening.other));
      break;
    case 'slow':
      peers[happening.peer]!.slow(happening.slowness);
      break;
    case 'relink':
      hub.relink(happening.link);
  }
}
