import type { Manifest } from '../../src/manifest.ts';
import type { Summary } from '../runner/summary.ts';
import type { PeerTally, RunTally } from '../runner/tally.ts';
import { peerColours, swarmColour } from './colours.ts';
import type { Curve, Point } from './curves.ts';
import type { Dash, LegendItem } from './figure.ts';

/** What a report is made of. */
export interface FinishedRun {
  readonly manifest: Manifest;
  readonly tally: RunTally;
  readonly summary: Summary;
  readonly control: Summary | null;
  readonly startedAtMs: number;
}

export function peerLabel(index: number): string {
  return `peer ${index + 1}`;
}

/** A time of an event in seconds since the run's start. */
export function secondsInto({ startedAtMs }: FinishedRun, atMs: number): number {
  return (atMs - startedAtMs) / 1000;
}

/** One curve a peer. */
export function peerCurves(
  { tally }: FinishedRun,
  dash: Dash,
  points: (peer: PeerTally) => readonly Point[],
  label: (index: number) => string | null = peerLabel,
): Curve[] {
  const colours = peerColours(tally.peers.length);
  return tally.peers.map((peer) => ({
    label: label(peer.index),
    colour: colours[peer.index]!,
    dash,
    strong: false,
    points: points(peer),
  }));
}

export function swarmCurve(label: string | null, dash: Dash, points: readonly Point[]): Curve {
  return { label, colour: swarmColour, dash, strong: true, points };
}

/** The peers' colours, and what else the plot shows. */
export function peerLegend({ tally }: FinishedRun, ...more: readonly LegendItem[]): LegendItem[] {
  const colours = peerColours(tally.peers.length);
  return [...tally.peers.map(({ index }) => ({ label: peerLabel(index), colour: colours[index]! })), ...more];
}

/** In the page's ink: what a kind of stroke stands for. */
export function stroke(dash: Dash, label: string): LegendItem {
  return { label, colour: swarmColour, dash };
}
