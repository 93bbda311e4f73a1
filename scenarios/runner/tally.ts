import type { ExchangeSetting } from '../../peer/controller/setting.ts';
import type { Footprint, PeerEvent, PeerReport, Progress, Quantiles } from '../../peer/events.ts';
import type { Manifest } from '../../src/manifest.ts';
import type { PeerName } from '../../src/sum/origin.ts';
import { Series } from './series.ts';

/** From this share of `limits.samples` on, `appliedShareWhileRunning` is watched: before it, peers still meet. */
const WATCHED_FROM = 0.05;

export interface EvaluationPoint {
  readonly atMs: number;
  readonly accuracy: number;
  /** Of the whole swarm at that moment; bytes as last told by each peer, up to a second before. */
  readonly swarmSamples: number;
  readonly swarmBytesSent: number;
}

/** What a peer told of itself about once a second, and last with its report. */
export interface ProgressPoint {
  readonly atMs: number;
  readonly samples: number;
  readonly bytesSent: number;
  readonly updateAgeSeconds: Quantiles | null;
  readonly footprint: Footprint | null;
}

/** A moment at which a peer, or the swarm, had reached the target. */
export interface Convergence {
  readonly atMs: number;
  readonly swarmSamples: number;
  readonly bytesSent: number;
}

/** What is known of one peer, from its events. */
export interface PeerTally {
  readonly index: number;
  name: PeerName | null;
  backend: string | null;
  parameters: number | null;
  progress: Progress | null;
  /** Of the latest evaluation, in [0, 1]. */
  accuracy: number | null;
  bytesSent: number;
  converged: Convergence | null;
  report: PeerReport | null;
  /** Its first round's begin and the end of its training, in milliseconds since the epoch. */
  trainingFromMs: number | null;
  trainingToMs: number | null;
  readonly evaluations: Series<EvaluationPoint>;
  readonly course: Series<ProgressPoint>;
  /** Where `exchange.control` is `auto`. */
  readonly settings: Series<ExchangeSetting & { readonly atMs: number }>;
}

/** Takes in all peers' events and keeps what the live view, the summary and the report are made of. */
export class RunTally {
  readonly peers: readonly PeerTally[];
  /** When more than half of the peers had seen the swarm's median reach the target. */
  converged: Convergence | null = null;
  /** First round's begin and last word of training, in milliseconds since the epoch. */
  trainingFromMs: number | null = null;
  trainingToMs: number | null = null;
  #finishing = false;
  /** The least share of the others' published updates that a peer had applied; see `Summary`. */
  appliedShareWhileRunning: number | null = null;
  readonly #watchedFromSamples: number;

  /** @param peers how many there may be, those that come late to a simulated run included */
  constructor(manifest: Manifest, peers = manifest.peers) {
    this.#watchedFromSamples = manifest.limits.samples * WATCHED_FROM;
    this.peers = Array.from({ length: peers }, (_, index) => ({
      index,
      name: null,
      backend: null,
      parameters: null,
      progress: null,
      accuracy: null,
      bytesSent: 0,
      converged: null,
      report: null,
      trainingFromMs: null,
      trainingToMs: null,
      evaluations: new Series<EvaluationPoint>(),
      course: new Series<ProgressPoint>(),
      settings: new Series<ExchangeSetting & { readonly atMs: number }>(),
    }));
  }

  add(index: number, event: PeerEvent): void {
    const peer = this.peers[index]!;
    peer.name = event.peer;
    switch (event.type) {
      case 'ready':
        peer.backend = event.backend;
        peer.parameters = event.parameters;
        break;
      case 'started':
        this.trainingFromMs ??= event.atMs;
        peer.trainingFromMs = event.atMs;
        break;
      case 'progress':
        this.#addProgress(peer, event.atMs, event.progress);
        break;
      case 'evaluation':
        peer.accuracy = event.accuracy;
        peer.bytesSent = event.bytesSent;
        peer.evaluations.add({
          atMs: event.atMs,
          accuracy: event.accuracy,
          swarmSamples: event.swarmSamples,
          swarmBytesSent: this.peers.reduce((sum, { bytesSent }) => sum + bytesSent, 0),
        });
        break;
      case 'tuned': {
        const { atMs, localSteps, partitions, density } = event;
        peer.settings.add({ atMs, localSteps, partitions, density });
        break;
      }
      case 'converged':
        this.#addConvergence(peer, event);
        break;
      case 'finishing':
        this.#finishing = true;
        this.trainingToMs = event.atMs;
        peer.trainingToMs = event.atMs;
        break;
      case 'finished':
        peer.report = event.report;
        peer.accuracy = event.report.accuracy;
        addPoint(peer, event.atMs, event.report);
        break;
    }
  }

  #addProgress(peer: PeerTally, atMs: number, progress: Progress): void {
    peer.progress = progress;
    if (!this.#finishing) this.trainingToMs = atMs;
    addPoint(peer, atMs, progress);
    if (progress.applied === null || progress.swarmSamples < this.#watchedFromSamples) return;
    const published = this.peers.map((each) => ({ name: each.name, published: each.progress?.published ?? 0 }));
    const share = appliedShare(peer.name, progress.applied, published);
    if (share !== null) this.appliedShareWhileRunning = Math.min(share, this.appliedShareWhileRunning ?? 1);
  }

  #addConvergence(peer: PeerTally, { atMs, swarmSamples, bytesSent }: Convergence): void {
    peer.converged ??= { atMs, swarmSamples, bytesSent };
    const count = this.peers.filter((each) => each.converged !== null).length;
    if (count > this.peers.length / 2) this.converged ??= { atMs, swarmSamples, bytesSent };
  }
}

function addPoint(peer: PeerTally, atMs: number, told: Progress | PeerReport): void {
  const { samples, bytesSent, updateAgeSeconds, footprint } = told;
  peer.bytesSent = bytesSent;
  peer.course.add({ atMs, samples, bytesSent, updateAgeSeconds, footprint });
}

/**
 * The share of all other peers' published updates that `name` has applied, in [0, 1]; null where none is published.
 * An origin's applied updates count up to what it had said it published, since its word may be a second old.
 */
export function appliedShare(
  name: PeerName | null,
  applied: Readonly<Record<PeerName, number>>,
  published: readonly { readonly name: PeerName | null; readonly published: number }[],
): number | null {
  let all = 0;
  let taken = 0;
  for (const other of published) {
    if (other.name === null || other.name === name) continue;
    all += other.published;
    taken += Math.min(other.published, applied[other.name] ?? 0);
  }
  return all === 0 ? null : taken / all;
}
