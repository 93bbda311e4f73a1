import { expect } from 'vitest';
import type { Sight } from '../../scenarios/campaign/checker.ts';
import { fingerprints } from '../../scenarios/campaign/checkers/fingerprints.ts';
import { law } from '../../scenarios/campaign/checkers/law.ts';
import { ledger } from '../../scenarios/campaign/checkers/ledger.ts';
import { once } from '../../scenarios/campaign/checkers/once.ts';
import { PublishedUpdates } from '../../scenarios/campaign/published-updates.ts';
import { Watch } from '../../scenarios/campaign/watch.ts';
import type { VirtualPeer } from '../../scenarios/simulated/virtual-peer.ts';
import {
  runVirtualSwarm,
  type VirtualSwarmComponents,
  type VirtualSwarmInit,
  type VirtualSwarmResult,
} from '../../scenarios/simulated/virtual-swarm.ts';
import { latticeUnit } from '../../src/sum/lattice.ts';

/** What came of a simulated swarm, and what its peers hold at the end. */
export interface Outcome extends VirtualSwarmResult, Sight {}

export async function witness(components: VirtualSwarmComponents, init: VirtualSwarmInit): Promise<Outcome> {
  const published = new PublishedUpdates(components.compute.layout, latticeUnit(init.manifest.exchange.latticeBits));
  const watch = new Watch();
  let all: readonly VirtualPeer[] = [];
  const result = await runVirtualSwarm(components, {
    ...init,
    watch,
    accompany: (peers) => {
      all = peers;
    },
    onPublished: (update) => published.add(update),
  });
  return { ...result, published, peers: all.flatMap((peer) => watch.sightOf(peer)) };
}

/** Each S is start plus every update that its vector covers, exactly once: added up anew from what was published. */
export function expectLaw(outcome: Outcome): void {
  const { reports, replicas, peers } = outcome;
  for (const { look } of [law, fingerprints, ledger, once]) expect([...look!(outcome)]).toEqual([]);
  for (const [index, { vector, fingerprintHolds, invalidMessages }] of reports.entries()) {
    const { sum } = peers[index]!.replica;
    expect(Object.fromEntries(sum.vector.entries())).toEqual(vector);
    expect(replicas[index]).toEqual(sum.values);
    expect([fingerprintHolds, invalidMessages]).toEqual([true, 0]);
  }
}

/** The law, and that all peers ended with the same updates. */
export function expectOneModel(outcome: Outcome, peers: number): void {
  expectLaw(outcome);
  const { reports, events } = outcome;
  expect(reports).toHaveLength(peers);
  for (const { vector, fingerprint } of reports) {
    expect(vector).toEqual(reports[0]!.vector);
    expect(fingerprint).toBe(reports[0]!.fingerprint);
  }
  const warnings = events.flatMap((event) => (event.type === 'warning' ? [event.code] : []));
  expect(warnings.filter((code) => code !== 'TOO_FAR_BEHIND')).toEqual([]);
}
