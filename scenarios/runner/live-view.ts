import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import type { Manifest } from '../../src/manifest.ts';
import type { Clock } from '../../src/support/clock.ts';
import { formatBytes, formatCount, formatSeconds, formatShare } from '../format.ts';
import { spread } from './summary.ts';
import type { PeerTally, RunTally } from './tally.ts';

/** Where progress is shown; a terminal is drawn over in place. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Often enough to feel alive, and seldom enough to cost nothing. */
const REDRAW_EVERY_MS = 250;
/** In a log file, lines that come every few seconds can still be read. */
const PRINT_EVERY_MS = 5_000;
const DEFAULT_COLUMNS = 100;

/** Shows how far a run is: one line a peer and one for the swarm. */
export class LiveView {
  readonly #output: ProgressOutput;
  readonly #clock: Clock;
  #drawnLines = 0;
  #cancel = () => {};

  constructor(output: ProgressOutput, clock: Clock) {
    this.#output = output;
    this.#clock = clock;
  }

  /** `time` is the run's, which in a simulation goes at another pace than that by which the view is drawn. */
  start(manifest: Manifest, tally: RunTally, startedAtMs: number, time: Clock = this.#clock): void {
    const { name, peers, exchange, seed } = manifest;
    const many = `${peers} ${peers === 1 ? 'peer' : 'peers'}`;
    const settings = `${many}, ${exchange.strategy}, ${manifest.model.name}, seed ${seed}`;
    this.#output.write(`${this.#output.isTTY ? pc.bold(name) : name}: ${settings}\n`);
    this.#drawnLines = 0;
    const draw = () => this.#draw(manifest, tally, time.nowMs() - startedAtMs);
    const everyMs = this.#output.isTTY ? REDRAW_EVERY_MS : PRINT_EVERY_MS;
    const tick = () => {
      draw();
      this.#cancel = this.#clock.after(everyMs, tick);
    };
    this.#cancel = this.#clock.after(everyMs, tick);
    this.#stop = () => {
      this.#cancel();
      draw();
    };
  }

  /** Says something for good, above what is drawn. */
  say(line: string): void {
    this.#output.write(`${this.#toTop()}${this.#output.isTTY ? '\x1b[2K' : ''}${line}\n`);
    this.#drawnLines = 0;
  }

  /** Draws the last state and leaves it standing. */
  stop(): void {
    this.#stop();
    this.#stop = () => {};
  }

  #stop = () => {};

  #draw(manifest: Manifest, tally: RunTally, elapsedMs: number): void {
    const lines = progressLines(manifest, tally, elapsedMs / 1000);
    if (!this.#output.isTTY) {
      this.#output.write(`${lines.map(stripVTControlCharacters).join('\n')}\n`);
      return;
    }
    const columns = this.#output.columns ?? DEFAULT_COLUMNS;
    const fitted = lines.map((line) => (stripVTControlCharacters(line).length < columns ? line : cut(line, columns)));
    this.#output.write(`${this.#toTop()}${fitted.map((line) => `\x1b[2K${line}`).join('\n')}\n`);
    this.#drawnLines = lines.length;
  }

  #toTop(): string {
    return this.#drawnLines > 0 ? `\x1b[${this.#drawnLines}A` : '';
  }
}

function cut(line: string, columns: number): string {
  return stripVTControlCharacters(line).slice(0, columns - 1);
}

/** More lines than this are no table to watch: beyond it the peers' median and ends stand for them. */
export const MAX_PEER_LINES = 16;

/** The table: a heading, one line a peer or, of many, their median and ends, and one line for the swarm. */
export function progressLines(manifest: Manifest, tally: RunTally, elapsedSeconds: number): string[] {
  const heading = row(['peer', 'round', 'samples/s', 'accuracy', 'sent', 'age p50', 'state']);
  const accuracy = spread(tally.peers.flatMap((peer) => peer.accuracy ?? []))?.median ?? null;
  const samples = tally.peers.reduce((total, { report, progress }) => total + ((report ?? progress)?.samples ?? 0), 0);
  const swarm = [
    pc.bold('swarm'),
    `${formatSeconds(elapsedSeconds)}`,
    `${formatCount(samples)} of ${formatCount(manifest.limits.samples)} samples`,
    `median ${formatShare(accuracy)}, target ${formatShare(manifest.target.value)}`,
    tally.converged ? pc.green('reached') : 'not yet',
  ];
  const peers = tally.peers.length > MAX_PEER_LINES ? spreadLines(tally.peers) : tally.peers.map(peerLine);
  return [pc.dim(heading), ...peers, swarm.join('  ')];
}

function peerLine(peer: PeerTally): string {
  return row([String(peer.index + 1), ...figures.map(({ of, format }) => format(of(peer))), peerState(peer)]);
}

/** Each figure by itself: a line is not one peer's. How many are in which state is told beside them. */
function spreadLines(peers: readonly PeerTally[]): string[] {
  const spreads = figures.map(({ of }) => spread(peers.flatMap((peer) => of(peer) ?? [])));
  const states = new Map<string, number>();
  for (const state of peers.map(peerState)) states.set(state, (states.get(state) ?? 0) + 1);
  const told = [...states].sort(([, a], [, b]) => b - a).map(([state, count]) => `${count} ${state}`);
  return (['median', 'min', 'max'] as const).map((which, line) =>
    row([which, ...figures.map(({ format }, column) => format(spreads[column]?.[which] ?? null)), told[line] ?? '']),
  );
}

interface PeerFigure {
  readonly of: (peer: PeerTally) => number | null;
  readonly format: (value: number | null) => string;
}

/** The columns between a peer's number and its state. */
const figures: readonly PeerFigure[] = [
  { of: ({ report, progress }) => report?.rounds ?? progress?.round ?? null, format: formatCount },
  { of: (peer) => samplesPerSecond(peer), format: formatCount },
  { of: ({ accuracy }) => accuracy, format: formatShare },
  { of: ({ bytesSent }) => bytesSent, format: formatBytes },
  { of: ({ report, progress }) => (report ?? progress)?.updateAgeSeconds?.p50 ?? null, format: formatSeconds },
];

/** Of late while it trains; over all its training when that is over, however short it was. */
function samplesPerSecond({ progress, report, trainingFromMs, trainingToMs }: PeerTally): number | null {
  if (!report || trainingFromMs === null || trainingToMs === null) return progress?.samplesPerSecond ?? null;
  return (1000 * report.samples) / Math.max(1, trainingToMs - trainingFromMs);
}

function peerState({ report, converged, progress, backend, name }: PeerTally): string {
  if (report) return 'finished';
  if (converged) return 'at target';
  if (progress) return `training, ${progress.members} members`;
  if (backend) return 'waiting for the others';
  return name === null ? 'starting' : 'loading';
}

const widths = [6, 8, 11, 11, 10, 10];

function row(cells: readonly string[]): string {
  return cells.map((cell, column) => (column < widths.length ? cell.padStart(widths[column]!) : `  ${cell}`)).join('');
}
