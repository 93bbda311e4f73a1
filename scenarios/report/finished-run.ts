import type { Manifest } from '../../src/manifest.ts';
import type { Summary } from '../runner/summary.ts';
import { spread } from '../runner/summary.ts';
import type { PeerTally, RunTally } from '../runner/tally.ts';
import { peerColours, swarmColour } from './colours.ts';
import type { Curve, Point } from './curves.ts';
import type { Dash, LegendItem } from './figure.ts';
import { overPeers } from './over-peers.ts';

/** What a report is made of. */
export interface FinishedRun {
  readonly manifest: Manifest;
  readonly tally: RunTally;
  readonly summary: Summary;
  readonly control: Summary | null;
  readonly startedAtMs: number;
}

/** More peers than this cannot be told apart on a page. */
export const MAX_SHOWN_PEERS = 16;
/** What stands for them. */
export const ends = ['median', 'min', 'max'] as const;

export function peerLabel(index: number): string {
  return `peer ${index + 1}`;
}

/** A time of an event in seconds since the run's start. */
export function secondsInto({ startedAtMs }: FinishedRun, atMs: number): number {
  return (atMs - startedAtMs) / 1000;
}

/** One curve a peer or, of many, their median and ends. `label` is then asked for the first peer. */
export function peerCurves(
  { tally }: FinishedRun,
  dash: Dash,
  points: (peer: PeerTally) => readonly Point[],
  label: (index: number) => string | null = peerLabel,
): Curve[] {
  if (tally.peers.length > MAX_SHOWN_PEERS) {
    const all = tally.peers.map(points).filter((each) => each.length > 0);
    return ends.map((end, index) => ({
      label: label(0) === null ? null : end,
      colour: peerColours(ends.length)[index]!,
      dash,
      strong: false,
      points: overPeers(all, (values) => spread(values)![end]),
    }));
  }
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

/** The colours of the peers, or of their median and ends, and what else the plot shows. */
export function peerLegend({ tally }: FinishedRun, ...more: readonly LegendItem[]): LegendItem[] {
  const many = tally.peers.length > MAX_SHOWN_PEERS;
  const labels = many ? ends.map((end) => `${end} of the peers`) : tally.peers.map(({ index }) => peerLabel(index));
  const colours = peerColours(labels.length);
  return [...labels.map((label, index) => ({ label, colour: colours[index]! })), ...more];
}

/** In the page's ink: what a kind of stroke stands for. */
export function stroke(dash: Dash, label: string): LegendItem {
  return { label, colour: swarmColour, dash };
}
