/**
 * The runner tests' own stand-in for `murmur peer`: speaks its options, its event lines and its IPC, and trains
 * nothing. The manifest's name says how it behaves.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { PeerReport, Progress } from '../../../peer/events.ts';
import type { Manifest } from '../../../src/manifest.ts';

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    json: { type: 'boolean' },
    run: { type: 'string' },
    shard: { type: 'string', multiple: true },
    listen: { type: 'string', multiple: true },
    join: { type: 'string', multiple: true },
  },
});
const manifest = JSON.parse(readFileSync(values.run!, 'utf8')) as Manifest;
const shards = values.shard!.map(Number);
const shard = shards[0]!;
/** An event of each of this process' peers. */
const emit = (type: string, fieldsOf: (shard: number) => object) => {
  const events = shards.map((each) => ({ type, atMs: Date.now(), peer: `peer-${each}`, ...fieldsOf(each) }));
  process.stdout.write(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
};

process.once('disconnect', () => process.exit(1));
if (manifest.name === 'deaf') process.on('SIGTERM', () => {});
if (manifest.name === 'obedient') {
  process.on('SIGTERM', () => {
    emit('finished', (shard) => ({ report: reportOf(shard) }));
    process.exit(3);
  });
}

const applied = Object.fromEntries(Array.from({ length: manifest.peers }, (_, index) => [`peer-${index}`, 10]));
const progress: Progress = {
  round: 10,
  samples: 1000,
  swarmSamples: 1000 * manifest.peers,
  samplesPerSecond: 500,
  loss: Number.NaN,
  accuracy: 0.8,
  latentAccuracy: 0.8,
  bytesSent: 5000,
  bytesReceived: 5000,
  updateAgeSeconds: { p50: 0.2, p99: 0.4 },
  published: 10,
  applied,
  members: manifest.peers,
  lookahead: 'auto',
  footprint: null,
};
const reportOf = (shard: number): PeerReport => ({
  rounds: 10,
  samples: 1000,
  localSteps: 40,
  accuracy: 0.9 + shard / 100,
  latentAccuracy: 0.9,
  replicaBytes: 400,
  denseBytes: 400,
  computeSeconds: 1,
  codecSeconds: 0.1,
  evaluationSeconds: 0.1,
  blockedSeconds: 0,
  longestBlockSeconds: 0,
  bytesSent: 6000,
  bytesReceived: 6000,
  updateAgeSeconds: { p50: 0.2, p99: 0.4 },
  published: 10,
  applied,
  fingerprint: 'ab',
  fingerprintHolds: true,
  vector: { 'peer-0/00': 10 },
  invalidMessages: 0,
  footprint: null,
});

emit('listening', (shard) => ({ shard, addresses: [`/ip4/127.0.0.1/tcp/${4000 + shard}`] }));
if (shard > 0 && values.join?.[0] !== '/ip4/127.0.0.1/tcp/4000') throw new Error('was not told whom to join');
emit('ready', () => ({ backend: 'cpu', parameters: 100, shardSamples: 50 }));
emit('started', () => ({ members: manifest.peers }));
emit('progress', () => ({ progress }));

if (manifest.name === 'dies' && shard === 1) {
  console.error('first line\nthe last words');
  process.exit(7);
}
if (manifest.name === 'refuses' && shard === 1) {
  const failure = { code: 'DATA_CORRUPT', file: 'images', field: 'magic', problem: 'is 7', mend: 'fetch it again' };
  process.send!({ failure }, () => process.exit(2));
} else if (
  ['endless', 'obedient', 'deaf', 'dies', 'refuses'].includes(manifest.name) ||
  (manifest.name === 'endless-control' && manifest.exchange.strategy === 'none')
) {
  setInterval(() => {}, 1000);
} else {
  if (manifest.name === 'impostor') {
    const started = { type: 'started', atMs: 0, peer: 'stranger', members: 9 };
    const listening = { type: 'listening', atMs: 0, peer: 'stranger', shard: 1 - shard, addresses: [] };
    process.stdout.write(`${JSON.stringify(started)}\n${JSON.stringify(listening)}\n`);
  }
  if (manifest.name === 'garbage') {
    process.stdout.write('not json\n{"type":"progress"}\n\x00\xff\n');
    process.stdout.write(`${'x'.repeat(3 << 20)}\n`);
  }
  emit('evaluation', () => ({
    swarmSamples: 1000,
    accuracy: 0.9,
    latentAccuracy: null,
    whole: false,
    tookSeconds: 0.1,
    bytesSent: 5500,
  }));
  const reaches = manifest.exchange.strategy !== 'none' && manifest.name !== 'misses';
  if (reaches) emit('converged', () => ({ swarmSamples: 3000, bytesSent: 5500 }));
  emit('finishing', () => ({ reason: reaches ? 'target' : 'samples' }));
  emit('finished', (shard) => ({ report: reportOf(shard) }));
  process.exitCode = reaches ? 0 : 3;
  process.removeAllListeners('disconnect');
  process.disconnect();
}
