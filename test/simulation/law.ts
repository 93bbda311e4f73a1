import { expect } from 'vitest';
import type { ArrivedFrame } from '../../peer/replica/replica-host.ts';
import { Trainer, type TrainerComponents } from '../../peer/replica/trainer.ts';
import { decodeFrame, decodeUpdate } from '../../protocols/updates/frame.ts';
import {
  runVirtualSwarm,
  type VirtualSwarmComponents,
  type VirtualSwarmInit,
  type VirtualSwarmResult,
} from '../../scenarios/simulated/virtual-swarm.ts';
import { identityCompressor } from '../../src/compression/replica-compressor.ts';
import { latticeUnit } from '../../src/sum/lattice.ts';
import { ReplicatedSum } from '../../src/sum/replicated-sum.ts';
import { VirtualClock } from '../../src/support/virtual-clock.ts';

/** What came of a simulated swarm, and every update that any of its peers published. */
export interface Outcome extends VirtualSwarmResult {
  readonly published: readonly ArrivedFrame[];
  readonly init: VirtualSwarmInit;
  readonly components: VirtualSwarmComponents;
}

export async function witness(components: VirtualSwarmComponents, init: VirtualSwarmInit): Promise<Outcome> {
  const published: ArrivedFrame[] = [];
  const onPublished = (update: ArrivedFrame) => published.push(update);
  const result = await runVirtualSwarm(components, { ...init, onPublished });
  return { ...result, published, init, components };
}

/** Each S is start plus every update that its vector covers, exactly once: added up anew from what was published. */
export function expectLaw({ reports, replicas, published, init, components }: Outcome): void {
  const { manifest } = init;
  const { layout } = components.compute;
  const unit = latticeUnit(manifest.exchange.latticeBits);
  const parts: TrainerComponents = { ...components, compressor: identityCompressor, clock: new VirtualClock() };
  const start = new Trainer(parts, { manifest, shard: 0, origin: 'x/0000000000000000', checkpoint: null }).snapshot();
  for (const [index, { vector, fingerprintHolds, invalidMessages }] of reports.entries()) {
    const sum = new ReplicatedSum(start.values.slice(), manifest.seed);
    for (const { origin, bytes } of published) {
      const frame = decodeFrame(bytes, { layout, nowMs: 0 });
      if (frame.to > (vector[origin] ?? 0)) continue;
      const { from, to } = frame;
      expect(sum.apply({ origin, from, to, delta: decodeUpdate(frame, layout, unit) })).toBe('next');
    }
    expect(Object.fromEntries(sum.vector.entries())).toEqual(vector);
    expect(Buffer.compare(Buffer.from(replicas[index]!.buffer), Buffer.from(sum.values.buffer))).toBe(0);
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
