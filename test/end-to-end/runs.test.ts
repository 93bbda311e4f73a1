import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Summary } from '../../scenarios/runner/summary.ts';
import { testManifest } from '../support/manifest.ts';
import type { Ended } from './built-murmur.ts';
import { Workplace } from './workplace.ts';

const mnist = fileURLToPath(new URL('../../../shared/datasets/mnist', import.meta.url));
const workplace = new Workplace();

const summaryKeys = [
  ...['scenario', 'seed', 'mode', 'strategy', 'manifest', 'backend', 'target', 'converged', 'timeToTargetSeconds'],
  ...['samplesToTarget', 'samplesPerSecond', 'finalAccuracy', 'latentAccuracy', 'bytes', 'fingerprintsEqual'],
  ...['vectorsEqual', 'appliedShareWhileRunning', 'peers'],
];
const peerKeys = [
  ...['peer', 'rounds', 'samples', 'accuracy', 'latentAccuracy', 'replicaBytes', 'denseBytes', 'computeSeconds'],
  ...['codecSeconds', 'blockedSeconds', 'bytesSent', 'bytesReceived', 'sentByKind', 'memory', 'peakRssBytes'],
  ...['connections', 'feeds', 'appliedShare', 'updateAgeSeconds'],
];
const SMALL_PARAMETERS = 784 * 24 + 24 + 24 * 10 + 10;

/** Runs a scenario with `--json`, and gives its end, its summary and its folder. */
async function run(scenario: string, out: string, ...more: string[]) {
  const ended = await workplace.run('run', scenario, '--json', '--out', out, ...more);
  expect(ended.stdout, ended.stderr).not.toBe('');
  const [name] = await readdir(workplace.path(out));
  return { ended, summary: summaryOf(ended), folder: join(workplace.path(out), name!) };
}

function summaryOf({ stdout }: Ended): Summary {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
}

describe('three real peers', () => {
  test('reach an easy target and leave the whole record', async () => {
    const { ended, summary, folder } = await run('small.mjs', 'partial', '--backend', 'wasm');
    expect(ended.status, ended.stderr).toBe(0);
    expect(ended.stderr).toMatch(/^small: 3 peers, partial/);
    expect(ended.stderr).toMatch(/^swarm .* reached$/m);

    expect(Object.keys(summary).sort()).toEqual([...summaryKeys].sort());
    expect(Object.keys(summary.finalAccuracy!).sort()).toEqual(['max', 'median', 'min']);
    expect(Object.keys(summary.latentAccuracy!).sort()).toEqual(['max', 'median', 'min']);
    const bytesKeys = ['byKind', 'denseEquivalent', 'sentToTarget', 'wireRatio', 'wireSent'];
    expect(Object.keys(summary.bytes).sort()).toEqual(bytesKeys);
    expect(summary).toMatchObject({
      scenario: 'small',
      seed: 1,
      mode: 'real',
      strategy: 'partial',
      manifest: expect.stringMatching(/^[0-9a-f]{64}$/),
      backend: 'wasm',
      target: { metric: 'accuracy', value: 0.6 },
      converged: true,
      fingerprintsEqual: true,
      vectorsEqual: true,
    });
    expect(summary.samplesToTarget).toBeGreaterThan(0);
    expect(summary.samplesToTarget).toBeLessThan(30_000);
    expect(summary.finalAccuracy!.median).toBeGreaterThan(0.55);

    expect(summary.peers).toHaveLength(3);
    for (const peer of summary.peers) {
      expect(Object.keys(peer).sort()).toEqual([...peerKeys].sort());
      expect(peer).toMatchObject({ appliedShare: 1, denseBytes: 4 * SMALL_PARAMETERS });
      expect(Object.keys(peer.updateAgeSeconds!)).toEqual(['p50', 'p99']);
      expect(peer.peakRssBytes).toBeGreaterThan(peer.memory!.heapUsedBytes);
    }
    expect(new Set(summary.peers.map(({ peer }) => peer)).size).toBe(3);
    expect(new Set(summary.peers.map(({ accuracy }) => accuracy)).size).toBe(1);

    const { wireSent, sentToTarget, denseEquivalent, wireRatio } = summary.bytes;
    expect(wireSent).toBe(summary.peers.reduce((sum, { bytesSent }) => sum + bytesSent, 0));
    expect(sentToTarget).toBeLessThanOrEqual(wireSent);
    expect(wireRatio).toBeCloseTo(denseEquivalent! / wireSent, 9);
    expect(wireRatio).toBeGreaterThan(10);

    const files = ['events.jsonl', 'manifest.json', 'report.html', 'summary.json'];
    expect((await readdir(folder)).sort()).toEqual(files);
    const read = (name: string) => readFile(join(folder, name), 'utf8');
    expect(JSON.parse(await read('summary.json'))).toEqual(summary);
    expect(JSON.parse(await read('manifest.json'))).toMatchObject({ murmuration: 1, name: 'small', peers: 3 });
    const events = (await read('events.jsonl')).trimEnd().split('\n');
    const types = events.map((line) => JSON.parse(line).type);
    expect(types.filter((type) => type === 'finished')).toHaveLength(3);
    expect(types).not.toContain('invalid-line');
    const report = await read('report.html');
    expect(report).toContain('<svg');
    expect(report).not.toMatch(/(src|href|url|@import)\s*[=("' ]+(https?:)?\/\//i);
  });

  test.each(['dense', 'none'])('exchange by strategy %s as well', async (strategy) => {
    const { ended, summary } = await run('small.mjs', strategy, '--set', `exchange.strategy=${strategy}`);
    expect(ended.status, ended.stderr).toBe(0);
    expect(summary).toMatchObject({ strategy, converged: true });
    if (strategy === 'dense') {
      expect(summary).toMatchObject({ vectorsEqual: true, fingerprintsEqual: true });
      expect(summary.peers.map(({ appliedShare }) => appliedShare)).toEqual([1, 1, 1]);
      // Framing, encryption and statuses cost something, little beside whole vectors.
      expect(summary.bytes.wireRatio).toBeGreaterThan(0.8);
      expect(summary.bytes.wireRatio).toBeLessThanOrEqual(1);
    } else {
      expect(summary.peers.map(({ appliedShare }) => appliedShare)).toEqual([null, null, null]);
    }
  });

  test('that do not reach their target end with status 3', async () => {
    const limits = ['--set', 'target.value=1', '--set', 'limits.samples=3000'];
    const { ended, summary } = await run('small.mjs', 'missed', ...limits);
    expect(ended.status, ended.stderr).toBe(3);
    expect(summary).toMatchObject({ converged: false, timeToTargetSeconds: null, samplesToTarget: null });
    expect(summary).toMatchObject({ vectorsEqual: true, fingerprintsEqual: true });
  });
});

test('four peers in two processes end alike, and tell the memory of their process once', async () => {
  const { ended, summary, folder } = await run('small.mjs', 'hosted', '--peers', '4', '--processes', '2');
  expect(ended.status, ended.stderr).toBe(0);
  expect(summary).toMatchObject({ converged: true, vectorsEqual: true, fingerprintsEqual: true });
  expect(new Set(summary.peers.map(({ peer }) => peer)).size).toBe(4);
  expect(summary.peers.map(({ appliedShare }) => appliedShare)).toEqual([1, 1, 1, 1]);
  expect(summary.peers.map(({ memory }) => memory !== null)).toEqual([true, true, false, false]);
  const events = (await readFile(join(folder, 'events.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(new Set(events.filter(({ type }) => type === 'peer-started').map(({ pid }) => pid)).size).toBe(2);
  const shards = events.filter(({ type }) => type === 'ready').map(({ index, shardSamples }) => [index, shardSamples]);
  expect(shards.sort()).toEqual([0, 1, 2, 3].map((index) => [index, 375]));
});

test('eight peers in two processes reach their target by gossip, with no more feeds than they may have', async () => {
  const gossip = ['--set', 'exchange.topology=gossip', '--set', 'exchange.feeds=3', '--set', 'training.batch=16'];
  const { ended, summary } = await run('small.mjs', 'gossip', '--peers', '8', '--processes', '2', ...gossip);
  expect(ended.status, ended.stderr).toBe(0);
  expect(summary).toMatchObject({ converged: true, vectorsEqual: true, fingerprintsEqual: true });
  expect(summary.peers.map(({ appliedShare }) => appliedShare)).toEqual(Array(8).fill(1));
  for (const { feeds, connections } of summary.peers) {
    // One more, for those whom no chain of neighbours reaches.
    expect(feeds).toBeLessThanOrEqual(3 + 1);
    expect(feeds).toBeGreaterThan(0);
    expect(connections).toBeGreaterThan(0);
  }
});

test('two peers train on the cpu backend where it is asked for', async () => {
  const limits = ['--set', 'target.value=0.2', '--set', 'limits.samples=6000'];
  const { ended, summary } = await run('small.mjs', 'cpu', '--backend', 'cpu', '--peers', '2', ...limits);
  expect(ended.status, ended.stderr).toBe(0);
  expect(summary).toMatchObject({ backend: 'cpu', converged: true });
  expect(summary.peers).toHaveLength(2);
});

test('quickstart tells people what came of it, beside what each peer reaches alone', async () => {
  const limits = ['--set', 'target.value=0.5', '--set', 'data.train=2000', '--set', 'data.test=500'];
  const { status, stdout, stderr } = await workplace.run('run', 'quickstart', '--peers', '2', ...limits);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).not.toContain('\x1b');
  for (const line of [
    /^time to convergence +[\d.]+ s to 50.00 % accuracy$/m,
    /^final accuracy +[\d.]+ % \(median; /m,
    /^samples to target +[\d,]+$/m,
    /^each peer alone +[\d.]+ % .* without exchange$/m,
    /^bytes sent +.*; dense exchange of the same steps .* times as much$/m,
    /^version vectors +equal on all peers$/m,
    /^fingerprints +equal on all peers$/m,
    /^report +runs\/quickstart-.*report.html$/m,
  ]) {
    expect(stdout).toMatch(line);
  }
});

test('a peer started by hand finishes by itself', async () => {
  const manifest = testManifest({ peers: 1, target: { value: 0.2 }, limits: { samples: 5000 } });
  const file = await workplace.write('alone.json', JSON.stringify(manifest));
  const { status, stdout } = await workplace.run('peer', '--run', file, '--listen', '/ip4/127.0.0.1/tcp/0');
  expect(stdout).toMatch(/ listens on \/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\//);
  expect(stdout).toMatch(/finished: accuracy [\d.]+ %/);
  expect(status).toBe(0);
});

test.skipIf(!existsSync(mnist))(
  'LeNet-300-100 learns MNIST (skipped where shared/datasets/mnist is absent)',
  async () => {
    const limits = ['--set', 'target.value=0.85', '--set', 'limits.samples=20000'];
    const { ended, summary } = await run('mnist-lenet-300-100', 'mnist', '--set', `data.path=${mnist}`, ...limits);
    expect(ended.status, ended.stderr).toBe(0);
    expect(summary).toMatchObject({ converged: true, vectorsEqual: true, fingerprintsEqual: true });
    expect(summary.peers.map(({ denseBytes }) => denseBytes)).toEqual(Array(4).fill(4 * 266_610));
  },
);
