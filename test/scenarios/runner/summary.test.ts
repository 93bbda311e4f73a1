import { describe, expect, test } from 'vitest';
import type { PeerReport } from '../../../peer/events.ts';
import { resolveScenario } from '../../../scenarios/define-scenario.ts';
import { manifestOf } from '../../../scenarios/manifest.ts';
import { spread, summarize } from '../../../scenarios/runner/summary.ts';
import { appliedShare, RunTally } from '../../../scenarios/runner/tally.ts';
import type { Manifest } from '../../../src/manifest.ts';

const startedAtMs = 50_000;
const report: PeerReport = {
  rounds: 5,
  samples: 100,
  localSteps: 20,
  accuracy: 0.9,
  latentAccuracy: 0.8,
  replicaBytes: 1,
  denseBytes: 2,
  computeSeconds: 3,
  codecSeconds: 4,
  evaluationSeconds: 5,
  blockedSeconds: 6,
  longestBlockSeconds: 5,
  bytesSent: 1000,
  bytesReceived: 2000,
  updateAgeSeconds: null,
  published: 8,
  applied: { a: 8, b: 8, c: 8 },
  fingerprint: 'f0',
  fingerprintHolds: true,
  vector: { 'a/1': 8, 'b/1': 8 },
  invalidMessages: 0,
  footprint: null,
};

async function swarm(strategy: 'partial' | 'none' = 'partial') {
  const manifest: Manifest = await manifestOf(
    resolveScenario({
      name: 'sums',
      model: 'mlp-100',
      peers: 3,
      exchange: { strategy },
      target: { value: 0.9 },
      limits: { samples: 1000 },
    }),
    '/',
  );
  const tally = new RunTally(manifest);
  const say = (index: number, atMs: number, event: object) =>
    tally.add(index, { atMs, peer: 'abc'[index]!, ...event } as never);
  const finish = (index: number, more: Partial<PeerReport> = {}) =>
    say(index, 90_000, { type: 'finished', report: { ...report, ...more } });
  return { say, finish, tally, summary: () => summarize(manifest, tally, startedAtMs) };
}

const progress = (swarmSamples: number, published: number, applied: object, bytesSent = 10) => ({
  type: 'progress',
  progress: { samples: swarmSamples / 3, swarmSamples, published, applied, bytesSent, updateAgeSeconds: null },
});

test('an event of a kind that is not known here changes nothing but the name', async () => {
  const { say, tally, summary } = await swarm();
  const before = JSON.stringify(summary());
  say(0, 60_000, { type: 'from-the-future', anything: 1 });
  expect(JSON.stringify(summary())).toBe(before.replace('"peer":null', '"peer":"a"'));
  expect(tally.peers[0]!.name).toBe('a');
});

describe('the summary', () => {
  test('of nothing knows nothing', async () => {
    const { summary } = await swarm();
    expect(summary()).toMatchObject({
      converged: false,
      backend: null,
      timeToTargetSeconds: null,
      samplesToTarget: null,
      samplesPerSecond: null,
      finalAccuracy: null,
      bytes: { sentToTarget: null, wireSent: 0, denseEquivalent: null, wireRatio: null, byKind: null },
      fingerprintsEqual: null,
      vectorsEqual: null,
      appliedShareWhileRunning: null,
    });
  });

  test('takes the moment when more than half of the peers had seen the target', async () => {
    const { say, finish, summary } = await swarm();
    say(2, 60_000, { type: 'converged', swarmSamples: 500, bytesSent: 100 });
    expect(summary().converged).toBe(false);
    say(0, 61_500, { type: 'converged', swarmSamples: 520, bytesSent: 110 });
    expect(summary()).toMatchObject({ converged: true, timeToTargetSeconds: 11.5, samplesToTarget: 520 });
    say(1, 64_000, { type: 'converged', swarmSamples: 540, bytesSent: 120 });
    for (const index of [0, 1, 2]) finish(index);
    expect(summary()).toMatchObject({ timeToTargetSeconds: 11.5, samplesToTarget: 520, bytes: { sentToTarget: 330 } });
  });

  test('takes the latest bytes of a peer that never saw it', async () => {
    const { say, summary } = await swarm();
    say(0, 60_000, { type: 'converged', swarmSamples: 500, bytesSent: 100 });
    say(1, 60_000, { type: 'converged', swarmSamples: 500, bytesSent: 100 });
    say(2, 61_000, progress(500, 0, {}, 77));
    expect(summary().bytes).toMatchObject({ sentToTarget: 277, wireSent: 77 });
  });

  test('compares the wire with float32 all-to-all exchange of the same steps', async () => {
    const { say, finish, summary } = await swarm();
    for (const index of [0, 1, 2]) {
      say(index, 51_000, { type: 'ready', backend: 'wasm', parameters: 500, shardSamples: 9 });
      finish(index, { localSteps: 10 * (index + 1) });
    }
    const denseEquivalent = (10 + 20 + 30) * 500 * 4 * 2;
    expect(summary().bytes).toMatchObject({ wireSent: 3000, denseEquivalent, wireRatio: denseEquivalent / 3000 });
    expect(summary().backend).toBe('wasm');
  });

  test('counts samples from the first round to the last, not loading and lingering', async () => {
    const { say, finish, summary } = await swarm();
    for (const index of [0, 1, 2]) {
      say(index, 60_000 + index, { type: 'started', members: 3 });
      say(index, 64_000 + index, progress(300, 1, {}));
      say(index, 69_998 + index, { type: 'finishing', reason: 'samples' });
      say(index, 75_000, progress(300, 1, {}));
      finish(index);
    }
    expect(summary().samplesPerSecond).toBe(30);
  });

  test('calls vectors and fingerprints equal only where all are, and hold', async () => {
    const cases: [Partial<PeerReport>, object][] = [
      [{}, { vectorsEqual: true, fingerprintsEqual: true }],
      [{ vector: { 'b/1': 8, 'a/1': 8 } }, { vectorsEqual: true }],
      [{ vector: { 'a/1': 8, 'b/1': 7 } }, { vectorsEqual: false, fingerprintsEqual: true }],
      [{ fingerprint: 'f1' }, { fingerprintsEqual: false }],
      [{ fingerprintHolds: false }, { fingerprintsEqual: false }],
    ];
    for (const [odd, expected] of cases) {
      const { finish, summary } = await swarm();
      finish(0);
      finish(1);
      expect(summary()).toMatchObject({ vectorsEqual: null, fingerprintsEqual: null });
      finish(2, odd);
      expect(summary()).toMatchObject(expected);
    }
    const { finish, summary } = await swarm('none');
    for (const index of [0, 1, 2]) finish(index);
    expect(summary()).toMatchObject({ vectorsEqual: null, fingerprintsEqual: null });
  });

  test('tells bytes by kind and memory, of the swarm only where every peer told', async () => {
    const kinds = { credit: 10, replica: 0, status: 20, hello: 5, upkeep: 5, transport: 60 };
    const footprint = (rssBytes: number) => ({
      sentByKind: { updates: 900, ...kinds },
      publishedBytes: 300,
      publishedPayloadBytes: 200,
      logBytes: 7,
      connections: rssBytes / 10,
      feeds: 2,
      memory: { rssBytes, heapUsedBytes: 2, externalBytes: 3 },
    });
    const { say, finish, summary } = await swarm();
    say(0, 60_000, {
      ...progress(500, 1, {}),
      progress: { ...progress(500, 1, {}).progress, footprint: footprint(90) },
    });
    expect(summary().peers[0]).toMatchObject({ sentByKind: { entries: 600, heads: 300, ...kinds }, peakRssBytes: 90 });
    expect(summary().bytes.byKind).toBeNull();
    for (const index of [0, 1, 2]) finish(index, { footprint: footprint(70) });
    expect(summary().peers[0]).toMatchObject({ memory: { rssBytes: 70 }, peakRssBytes: 90 });
    expect(summary().peers[0]).toMatchObject({ connections: 9, feeds: 2 });
    expect(summary().peers[1]).toMatchObject({ connections: 7 });
    expect(summary().bytes.byKind).toMatchObject({ entries: 1800, heads: 900, transport: 180 });
  });

  test('gives each peer the share of the others that it has applied at the end', async () => {
    const { finish, summary } = await swarm();
    finish(0, { published: 10, applied: { b: 20, c: 15 } });
    finish(1, { published: 20, applied: { a: 10, c: 30 } });
    finish(2, { published: 30, applied: { a: 5 } });
    expect(summary().peers.map((peer) => peer.appliedShare)).toEqual([35 / 50, 1, 5 / 30]);
  });

  test('keeps the least share while running, after the first 5 % of the samples', async () => {
    const { say, summary } = await swarm();
    say(0, 60_000, progress(10, 10, {}));
    say(1, 60_100, progress(49, 10, {}));
    expect(summary().appliedShareWhileRunning).toBeNull();
    say(2, 60_200, progress(50, 10, { a: 9, b: 10 }));
    expect(summary().appliedShareWhileRunning).toBe(19 / 20);
    // b's last word is that it published 10, so that 12 of its updates are no more than all of them.
    say(0, 60_300, progress(60, 20, { b: 12, c: 10 }));
    expect(summary().appliedShareWhileRunning).toBe(19 / 20);
    say(1, 60_400, progress(70, 20, { a: 14, c: 10 }));
    expect(summary().appliedShareWhileRunning).toBe(24 / 30);
  });
});

test('the median of an even number is the mean of the middle two', () => {
  expect(spread([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
  expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
  expect(spread([])).toBeNull();
});

test('nothing published is no share', () => {
  expect(appliedShare('a', {}, [{ name: 'a', published: 5 }])).toBeNull();
});
