import { afterAll, describe, expect, test, vi } from 'vitest';
import type { PeerEvent } from '../../peer/events.ts';
import type { Happening, VirtualSwarmInit } from '../../scenarios/simulated/virtual-swarm.ts';
import { ReplicatedSum } from '../../src/sum/replicated-sum.ts';
import { expectLaw, expectOneModel, type Outcome, witness } from './law.ts';
import { digits, fourPeers, prepared, samplesOf } from './small-swarm.ts';

const { dataset, samples } = digits({ train: 1_000, test: 500 }, 200);
const { manifest, compute } = await prepared({
  ...fourPeers,
  name: 'churn',
  seed: 3,
  evaluation: { everySamples: 4_000 },
  limits: { samples: samplesOf(200) },
});
afterAll(() => compute.dispose());

/** A round takes 80 ms. */
const surroundings = { link: { latencyMs: 5, jitterMs: 20 }, model: { stepMs: 40, evaluationMs: 5 } };
/** Room for the updates of all origins in some three seconds. */
const TINY_LOG_BYTES = 105_000;

const swarm = (happenings: readonly Happening[], init: Partial<VirtualSwarmInit> = {}): Promise<Outcome> =>
  witness({ compute, dataset, samples }, { manifest, ...surroundings, happenings, checkpointSeconds: 1, ...init });

const ofType = <T extends PeerEvent['type']>(events: readonly PeerEvent[], type: T) =>
  events.filter((event): event is Extract<PeerEvent, { type: T }> => event.type === type);

const originsOf = ({ reports }: Outcome, name: string) =>
  Object.keys(reports[0]!.vector).filter((origin) => origin.startsWith(`${name}/`));

describe('a peer that crashed and comes back', () => {
  test('goes on from its checkpoint with what the logs of the others bring, its own later updates included', async () => {
    const outcome = await swarm([
      { kind: 'crash', peer: 3, atMs: 4_700 },
      { kind: 'start', peer: 3, atMs: 6_000 },
    ]);
    expectOneModel(outcome, 4);
    const [restored] = ofType(outcome.events, 'restored');
    expect(restored!.rounds).toBeGreaterThan(20);
    expect(ofType(outcome.events, 'adopted')).toEqual([]);
    const [former, latter] = originsOf(outcome, 'peer-3');
    // What was published between the checkpoint and the crash is in, under the former origin.
    expect(outcome.reports[0]!.vector[former!]).toBeGreaterThan(restored!.rounds);
    expect(outcome.reports[0]!.vector[latter!]).toBeGreaterThan(20);
  });

  test('takes a replica where the logs do not reach, before its first round', async () => {
    const outcome = await swarm(
      [
        { kind: 'freeze-disk', peer: 3, atMs: 2_500 },
        { kind: 'crash', peer: 3, atMs: 5_000 },
        { kind: 'start', peer: 3, atMs: 9_000 },
      ],
      { logBytes: TINY_LOG_BYTES },
    );
    expectOneModel(outcome, 4);
    const adopted = ofType(outcome.events, 'adopted').filter(({ peer }) => peer === 'peer-3');
    expect(adopted).toHaveLength(1);
    const started = ofType(outcome.events, 'started').filter(({ peer }) => peer === 'peer-3');
    expect(adopted[0]!.atMs).toBeLessThanOrEqual(started[1]!.atMs);
  });

  test('is back even where all others crashed with it', async () => {
    const all = [0, 1, 2, 3];
    const outcome = await swarm([
      ...all.map((peer): Happening => ({ kind: 'crash', peer, atMs: 4_500 + 7 * peer })),
      ...all.map((peer): Happening => ({ kind: 'start', peer, atMs: 5_000 })),
    ]);
    expectOneModel(outcome, 4);
    expect(ofType(outcome.events, 'restored')).toHaveLength(4);
  });
});

test('a peer that joins late has at once what those have that are there, of those that have left, too', async () => {
  const outcome = await swarm(
    [
      { kind: 'crash', peer: 1, atMs: 3_000 },
      { kind: 'start', peer: 4, atMs: 8_000 },
    ],
    { logBytes: TINY_LOG_BYTES },
  );
  expectOneModel(outcome, 4);
  expect(originsOf(outcome, 'peer-1')).toHaveLength(1);
  const [evaluation] = ofType(outcome.events, 'evaluation').filter(({ peer }) => peer === 'peer-4');
  const swarmAccuracy = ofType(outcome.events, 'evaluation')
    .filter(({ peer, atMs }) => peer !== 'peer-4' && atMs < evaluation!.atMs)
    .at(-1)!.accuracy;
  expect(evaluation!.accuracy).toBeGreaterThan(swarmAccuracy - 0.05);
  expect(ofType(outcome.events, 'adopted').filter(({ peer }) => peer === 'peer-4')).toHaveLength(1);
});

describe('two pairs that were parted', () => {
  test('meet in one model with nothing lost where the logs reach', async () => {
    const outcome = await swarm([
      { kind: 'part', peers: [0, 1], atMs: 3_000 },
      { kind: 'part', peers: [], atMs: 6_000 },
    ]);
    expectOneModel(outcome, 4);
    expect(ofType(outcome.events, 'adopted')).toEqual([]);
    expect(Object.values(outcome.reports[0]!.vector).reduce((sum, to) => sum + to, 0)).toBe(outcome.published.count);
  });

  test('meet in one model where they do not; the side that stands lower puts its updates back', async () => {
    const outcome = await swarm(
      [
        { kind: 'part', peers: [0, 1], atMs: 2_000 },
        { kind: 'part', peers: [], atMs: 9_000 },
      ],
      { logBytes: TINY_LOG_BYTES },
    );
    expectOneModel(outcome, 4);
    const adopted = ofType(outcome.events, 'adopted');
    const giving = new Set(adopted.filter(({ putBack }) => putBack > 0).map(({ peer }) => peer));
    expect([...giving].sort()).toEqual(giving.has('peer-0') ? ['peer-0', 'peer-1'] : ['peer-2', 'peer-3']);
    // Who crashes now must not come back with those updates in S, which it is about to publish once more.
    for (const { peer, atMs } of adopted.filter(({ putBack }) => putBack > 0)) {
      const made = ofType(outcome.events, 'checkpointed').filter((event) => event.peer === peer);
      expect(made.some((event) => event.atMs === atMs)).toBe(true);
    }
  });
});

test('a replica in which a bit has fallen over is told loudly, and healed by that of another peer', async () => {
  const { apply } = ReplicatedSum.prototype;
  let applied = 0;
  const spy = vi.spyOn(ReplicatedSum.prototype, 'apply').mockImplementation(function (this: ReplicatedSum, update) {
    const standing = apply.call(this, update);
    if (++applied === 500) this.values[77]! ^= 1 << 20;
    return standing;
  });
  const outcome = await swarm([]);
  spy.mockRestore();
  expectLaw(outcome);
  const warnings = ofType(outcome.events, 'warning');
  expect(new Set(warnings.map(({ code, peer }) => `${code} ${peer}`))).toEqual(
    new Set([`REPLICA_DRIFTED ${warnings[0]!.peer}`]),
  );
  expect(ofType(outcome.events, 'adopted').map(({ peer }) => peer)).toEqual([warnings[0]!.peer]);
  expect(new Set(outcome.reports.map(({ fingerprint }) => fingerprint)).size).toBe(1);
});
