import { afterAll, expect } from 'vitest';
import { runVirtualSwarm, type VirtualSwarmResult } from '../../../scenarios/simulated/virtual-swarm.ts';
import { outlineOf } from '../../../src/models/outline.ts';
import type { OriginKey } from '../../../src/sum/origin.ts';
import { sleep } from '../../../src/support/clock.ts';
import { Rogue, type RogueInit } from '../../support/rogue.ts';
import { digits, fourPeers, prepared, samplesOf } from '../small-swarm.ts';

export const PEERS = fourPeers.peers;
export const ROUNDS = 40;
const ROGUE_STARTS_MS = 300;
/** What a swarm's peers may tell of one rogue before they have nothing more to do with it: each kind of thing a few times. */
const MAX_WARNINGS = 12;
/** A rogue's bytes are bounded by windows and rates; the swarm itself and TensorFlow.js' own take the most of this. */
const MAX_GROWTH_BYTES = 2 ** 28;

const { dataset, samples } = digits({ train: 400, test: 100 }, 50);
const { manifest, compute } = await prepared({
  ...fourPeers,
  name: 'rogue',
  exchange: { ...fourPeers.exchange, staleness: 8 },
  limits: { samples: samplesOf(ROUNDS) },
});
afterAll(() => compute.dispose());

export { manifest };
export const { layout } = outlineOf(manifest.model.topology);

export interface Behaviour extends Pick<RogueInit, 'serve' | 'mute'> {
  /** What it does once it is connected to all; `published` counts what the honest peers have published by then. */
  readonly act?: (rogue: Rogue, published: ReadonlyMap<OriginKey, number>) => Promise<void>;
}

/** Four honest peers, and one that behaves as told, from a moment after their start on. */
function swarmWith({ act, ...behaviour }: Behaviour): Promise<VirtualSwarmResult> {
  const published = new Map<OriginKey, number>();
  return runVirtualSwarm(
    { compute, dataset, samples },
    {
      manifest,
      link: { latencyMs: 5, jitterMs: 5 },
      model: { stepMs: 10, evaluationMs: 5 },
      onPublished: ({ origin }) => published.set(origin, (published.get(origin) ?? 0) + 1),
      intrude: (hub, clock) =>
        clock.after(ROGUE_STARTS_MS, async () => {
          const network = hub.network('rogue');
          const rogue = new Rogue({ network, clock, manifest, ...behaviour });
          await network.start();
          for (let peer = 0; peer < PEERS; peer++) await network.dial(`/simulated/peer-${peer}`);
          await sleep(clock, 50);
          // What it does fails once it is cut off, or the run is over.
          void rogue.keepSaying().catch(() => {});
          await act?.(rogue, published).catch(() => {});
        }),
    },
  );
}

/** The honest peers train to the end, agree to the bit on what they published, and tell little of the rogue. */
export async function expectUnharmed(behaviour: Behaviour, { leastRounds = 0.75 * ROUNDS } = {}) {
  const before = process.memoryUsage();
  const result = await swarmWith(behaviour);
  const after = process.memoryUsage();
  const { events, reports, replicas } = result;
  expect(reports).toHaveLength(PEERS);
  const honest = (vector: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(vector).filter(([origin]) => origin.startsWith('peer-')));
  for (const [k, report] of reports.entries()) {
    expect(report.rounds).toBeGreaterThanOrEqual(leastRounds);
    expect(report.fingerprintHolds).toBe(true);
    expect(honest(report.vector)).toEqual(honest(reports[0]!.vector));
    expect(Object.keys(honest(report.vector))).toHaveLength(PEERS);
    expect(replicas[k]).toEqual(replicas[0]);
  }
  for (let peer = 0; peer < PEERS; peer++) {
    const told = events.filter((event) => event.type === 'warning' && event.peer === `peer-${peer}`);
    expect(told.length, JSON.stringify(told.slice(0, 3))).toBeLessThanOrEqual(MAX_WARNINGS);
  }
  const grown = after.heapUsed + after.external - before.heapUsed - before.external;
  expect(grown).toBeLessThan(MAX_GROWTH_BYTES);
  return result;
}

/** How many of the honest peers have told this of somebody. */
export const tellers = ({ events }: VirtualSwarmResult, code: string) =>
  new Set(events.flatMap((event) => (event.type === 'warning' && event.code === code ? event.peer : []))).size;
