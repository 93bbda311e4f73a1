import { resolveScenario } from '../../../scenarios/define-scenario.ts';
import { manifestOf } from '../../../scenarios/manifest.ts';
import { summarize } from '../../../scenarios/runner/summary.ts';
import { RunTally } from '../../../scenarios/runner/tally.ts';

const unsent = { updates: 0, credit: 0, replica: 0, status: 0, hello: 0, upkeep: 0, transport: 0 };

/** A run as its events would tell it: four peers that learn to 97 % in half a minute. */
export async function sampleRun(peers = 4) {
  const manifest = await manifestOf(
    resolveScenario({ name: 'sample', model: 'mlp-100', peers, target: { value: 0.95 }, limits: { samples: 100_000 } }),
    '/',
  );
  const tally = new RunTally(manifest);
  const startedAtMs = 1e12;
  const names = Array.from({ length: peers }, (_, index) => `12D3KooWSamplePeer${index}`);
  const quantiles = { p50: 0.31, p99: 0.92 };
  for (const [index, peer] of names.entries()) {
    const applied = Object.fromEntries(names.map((name) => [name, 300]));
    const add = (seconds: number, event: object) =>
      tally.add(index, { atMs: startedAtMs + seconds * 1000, peer, ...event } as never);
    add(1, { type: 'ready', backend: 'wasm', parameters: 79_510, shardSamples: 2000 });
    add(2, { type: 'started', members: peers });
    for (let step = 1; step <= 25; step++) {
      const seconds = 2 + 1.2 * step;
      const accuracy = 0.972 - 0.5 * Math.exp(-step / 5) + 0.004 * Math.sin(7 * step + 2 * index);
      const bytesSent = 40_000 * step ** 0.8 + 3000 * index;
      const sentByKind = { ...unsent, updates: 0.7 * bytesSent, status: 0.1 * bytesSent, transport: 0.2 * bytesSent };
      const memory = { rssBytes: 2e8 + 1e6 * step, heapUsedBytes: 3e7, externalBytes: 4e6 };
      const published = { publishedBytes: 1000 * step, publishedPayloadBytes: 900 * step };
      const footprint = { sentByKind, ...published, logBytes: 4000 * step, memory, connections: 3, feeds: 3 };
      const progress = { round: step * 20, samples: step * 1000, swarmSamples: step * 4000, samplesPerSecond: 800 };
      const common = { accuracy, latentAccuracy: accuracy, bytesSent };
      const more = {
        loss: 0.1,
        bytesReceived: 3 * bytesSent,
        updateAgeSeconds: quantiles,
        published: 300,
        applied,
        footprint,
      };
      add(seconds, { type: 'progress', progress: { ...progress, ...common, ...more, members: peers, lookahead: '2' } });
      add(seconds, { type: 'evaluation', ...common, swarmSamples: step * 4000, whole: false, tookSeconds: 0.1 });
      if (step === 18) add(seconds, { type: 'converged', swarmSamples: step * 4000, bytesSent });
    }
    const totals = { rounds: 500, samples: 25_000, localSteps: 2000, accuracy: 0.971, latentAccuracy: 0.97 };
    const sizes = { replicaBytes: 318_040, denseBytes: 318_040, bytesSent: 560_000, bytesReceived: 1_600_000 };
    const times = {
      computeSeconds: 22,
      codecSeconds: 1.2,
      evaluationSeconds: 0.9,
      blockedSeconds: 0,
      longestBlockSeconds: 0,
    };
    const state = {
      published: 300,
      applied,
      fingerprint: 'ab',
      fingerprintHolds: true,
      vector: {},
      invalidMessages: 0,
      footprint: {
        sentByKind: { ...unsent, updates: 400_000, status: 60_000, transport: 100_000 },
        publishedBytes: 25_000,
        publishedPayloadBytes: 22_500,
        logBytes: 100_000,
        connections: 3,
        feeds: 3,
        memory: { rssBytes: 2.1e8, heapUsedBytes: 3e7, externalBytes: 4e6 },
      },
    };
    const report = { ...totals, ...sizes, ...times, ...state, updateAgeSeconds: quantiles };
    add(33, { type: 'finishing', reason: 'target' });
    add(34, { type: 'finished', report });
  }
  return { manifest, tally, summary: summarize(manifest, tally, startedAtMs), control: null, startedAtMs };
}
