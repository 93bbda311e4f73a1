import type { PeerEvent, PeerReport, Progress } from '../../peer/events.ts';
import type { Manifest } from '../../src/manifest.ts';
import type { PeerName } from '../../src/sum/origin.ts';
import { Series } from './series.ts';

/** From this share of `limits.samples` on, `appliedShareWhileRunning` is watched: before it, peers still meet. */
const WATCHED_FROM = 0.05;

export interface EvaluationPoint {
  readonly atMs: number;
  readonly bytesSent: number;
  readonly accuracy: number;
}

export interface BytesPoint {
  readonly atMs: number;
  readonly bytesSent: number;
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
  readonly evaluations: Series<EvaluationPoint>;
  readonly bytes: Series<BytesPoint>;
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

  constructor(manifest: Manifest) {
    this.#watchedFromSamples = manifest.limits.samples * WATCHED_FROM;
    this.peers = Array.from({ length: manifest.peers }, (_, index) => ({
      index,
      name: null,
      backend: null,
      parameters: null,
      progress: null,
      accuracy: null,
      bytesSent: 0,
      converged: null,
      report: null,
      evaluations: new Series<EvaluationPoint>(),
      bytes: new Series<BytesPoint>(),
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
        break;
      case 'progress':
        this.#addProgress(peer, event.atMs, event.progress);
        break;
      case 'evaluation':
        peer.accuracy = event.accuracy;
        peer.evaluations.add({ atMs: event.atMs, bytesSent: event.bytesSent, accuracy: event.accuracy });
        break;
      case 'converged':
        this.#addConvergence(peer, event);
        break;
      case 'finishing':
        this.#finishing = true;
        this.trainingToMs = event.atMs;
        break;
      case 'finished':
        peer.report = event.report;
        peer.accuracy = event.report.accuracy;
        this.#addBytes(peer, event.atMs, event.report.bytesSent);
        break;
    }
  }

  #addProgress(peer: PeerTally, atMs: number, progress: Progress): void {
    peer.progress = progress;
    if (!this.#finishing) this.trainingToMs = atMs;
    this.#addBytes(peer, atMs, progress.bytesSent);
    if (progress.swarmSamples < this.#watchedFromSamples) return;
    const published = this.peers.map((each) => ({ name: each.name, published: each.progress?.published ?? 0 }));
    const share = appliedShare(peer.name, progress.applied, published);
    if (share !== null) this.appliedShareWhileRunning = Math.min(share, this.appliedShareWhileRunning ?? 1);
  }

  #addBytes(peer: PeerTally, atMs: number, bytesSent: number): void {
    peer.bytesSent = bytesSent;
    peer.bytes.add({ atMs, bytesSent });
  }

  #addConvergence(peer: PeerTally, { atMs, swarmSamples, bytesSent }: Convergence): void {
    peer.converged ??= { atMs, swarmSamples, bytesSent };
    const count = this.peers.filter((each) => each.converged !== null).length;
    if (count > this.peers.length / 2) this.converged ??= { atMs, swarmSamples, bytesSent };
  }
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
