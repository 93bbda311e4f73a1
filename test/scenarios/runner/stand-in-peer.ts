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
    shard: { type: 'string' },
    listen: { type: 'string', multiple: true },
    join: { type: 'string', multiple: true },
  },
});
const manifest = JSON.parse(readFileSync(values.run!, 'utf8')) as Manifest;
const shard = Number(values.shard);
const name = `peer-${shard}`;
const emit = (type: string, fields: object) =>
  process.stdout.write(`${JSON.stringify({ type, atMs: Date.now(), peer: name, ...fields })}\n`);

process.once('disconnect', () => process.exit(1));
if (manifest.name === 'deaf') process.on('SIGTERM', () => {});
if (manifest.name === 'obedient') {
  process.on('SIGTERM', () => {
    emit('finished', { report });
    process.exit(3);
  });
}

const others = Array.from({ length: manifest.peers }, (_, index) => `peer-${index}`).filter((each) => each !== name);
const applied = Object.fromEntries(others.map((each) => [each, 10]));
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
const report: PeerReport = {
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
};

emit('listening', { addresses: [`/ip4/127.0.0.1/tcp/${4000 + shard}`] });
if (shard > 0 && values.join?.[0] !== '/ip4/127.0.0.1/tcp/4000') throw new Error('was not told whom to join');
emit('ready', { backend: 'cpu', parameters: 100, shardSamples: 50 });
emit('started', { members: manifest.peers });
emit('progress', { progress });

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
  if (manifest.name === 'garbage') {
    process.stdout.write('not json\n{"type":"progress"}\n\x00\xff\n');
    process.stdout.write(`${'x'.repeat(3 << 20)}\n`);
  }
  emit('evaluation', {
    swarmSamples: 1000,
    accuracy: 0.9,
    latentAccuracy: null,
    whole: false,
    tookSeconds: 0.1,
    bytesSent: 5500,
  });
  const reaches = manifest.exchange.strategy !== 'none' && manifest.name !== 'misses';
  if (reaches) emit('converged', { swarmSamples: 3000, bytesSent: 5500 });
  emit('finishing', { reason: reaches ? 'target' : 'samples' });
  emit('finished', { report });
  process.exitCode = reaches ? 0 : 3;
  process.removeAllListeners('disconnect');
  process.disconnect();
}
