import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join as joinPath } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { PeerEvent, PeerReport } from '../../peer/events.ts';
import type { Manifest } from '../../src/manifest.ts';
import { testManifest } from '../support/manifest.ts';
import { type BuiltMurmur, until } from './built-murmur.ts';
import { freePort, SeverableWire } from './severable-wire.ts';
import { Workplace } from './workplace.ts';

const workplace = new Workplace();
/** Room for some 800 updates: of four peers in a few seconds, so that an image two seconds old can be gone on from. */
const TINY_LOG = ['--log-bytes', '600000'];
/** How far the shared model may fall when somebody comes back with old weights, in [0, 1]. */
const MAX_SETBACK = 0.003;

/** A live peer that gets no processor time may be waited for so long: far below the patience with a dead one. */
const HICCUP_SECONDS = 1;

/** A run to a target; by a target of 1 one without end. */
const runTo = (target: number, rate: number) =>
  testManifest({
    peers: 4,
    data: { train: 4_000, test: 3_000 },
    training: { rate },
    exchange: { localSteps: 4, density: 0.05 },
    evaluation: { everySamples: 10_000, samples: 3_000 },
    target: { value: target },
    limits: { samples: 1e9, seconds: 100 },
  });
const endless = runTo(1, 0.05);
/** So gently that the shared model does not wander by itself, even where peers wait for the processor. */
const calm = runTo(1, 0.003);

interface PeerStart {
  readonly shard: number;
  readonly run?: Manifest;
  readonly join?: readonly string[];
  readonly listen?: string;
  readonly state?: string;
  readonly options?: readonly string[];
}

/** One process with several peers of one run. */
async function startPeers(
  run: Manifest,
  shards: readonly number[],
  join: readonly string[] = [],
): Promise<BuiltMurmur> {
  const file = await workplace.write('manifest.json', JSON.stringify(run));
  return workplace.start(
    ...['peer', '--json', '--run', file, '--listen', '/ip4/127.0.0.1/tcp/0'],
    ...shards.flatMap((shard) => ['--shard', `${shard}`]),
    ...join.flatMap((address) => ['--join', address]),
  );
}

async function startPeer(start: PeerStart): Promise<BuiltMurmur> {
  const { shard, run = endless, join = [], listen = '/ip4/127.0.0.1/tcp/0', state, options = [] } = start;
  const file = await workplace.write('manifest.json', JSON.stringify(run));
  return workplace.start(
    ...['peer', '--json', '--run', file, '--shard', `${shard}`, '--listen', listen],
    ...join.flatMap((address) => ['--join', address]),
    ...(state === undefined ? [] : ['--state', workplace.path(state), '--checkpoint-seconds', '1']),
    ...options,
  );
}

const addressOf = async (peer: BuiltMurmur) => (await peer.told('listening')).addresses[0]!;
const nameOf = (peer: BuiltMurmur) => peer.event('listening')!.peer;
const ofType = <T extends PeerEvent['type']>(peer: BuiltMurmur, type: T) =>
  peer.events().filter((event): event is Extract<PeerEvent, { type: T }> => event.type === type);
const roundOf = (peer: BuiltMurmur) => ofType(peer, 'progress').at(-1)?.progress.round ?? 0;
/** Other peers of whose updates it has applied some. */
const acquaintancesOf = (peer: BuiltMurmur) =>
  Object.values(ofType(peer, 'progress').at(-1)?.progress.applied ?? {}).filter((count) => count > 0).length;
const reaches = (peer: BuiltMurmur, round: number) => until(() => roundOf(peer) >= round);
const gains = (peers: readonly BuiltMurmur[], rounds: number) =>
  Promise.all(peers.map((peer) => reaches(peer, roundOf(peer) + rounds)));

/** Four peers in training, each with a state folder of its own. */
async function startFour(name: string, run: Manifest, options: readonly string[] = []): Promise<BuiltMurmur[]> {
  const first = await startPeer({ run, shard: 0, state: `${name}-0`, options });
  const join = [await addressOf(first)];
  const others = [1, 2, 3].map((shard) => startPeer({ run, shard, join, state: `${name}-${shard}`, options }));
  const peers = [first, ...(await Promise.all(others))];
  await gains(peers, 30);
  return peers;
}

/** Asks all to stop, and compares what they end with. */
async function endEqual(peers: readonly BuiltMurmur[]): Promise<PeerReport[]> {
  for (const peer of peers) peer.kill('SIGTERM');
  return expectEqualEnds(peers);
}

async function expectEqualEnds(peers: readonly BuiltMurmur[]): Promise<PeerReport[]> {
  const reports: PeerReport[] = [];
  for (const peer of peers) {
    const { stderr } = await peer.ended;
    expect(stderr).toBe('');
    const { report } = peer.event('finished')!;
    expect([report.fingerprintHolds, report.invalidMessages]).toEqual([true, 0]);
    reports.push(report);
  }
  for (const { vector, fingerprint } of reports) {
    expect(vector).toEqual(reports[0]!.vector);
    expect(fingerprint).toBe(reports[0]!.fingerprint);
  }
  return reports;
}

/** No peer has waited for the exchange at one stretch for longer than three of its rounds take. */
function expectNoPause(peers: readonly BuiltMurmur[], reports: readonly PeerReport[]): void {
  for (const [index, { rounds, longestBlockSeconds }] of reports.entries()) {
    const [started, finishing] = [peers[index]!.event('started')!, peers[index]!.event('finishing')!];
    const roundSeconds = (finishing.atMs - started.atMs) / 1000 / rounds;
    expect(longestBlockSeconds).toBeLessThan(Math.max(3 * roundSeconds, HICCUP_SECONDS));
  }
}

function accuracies(peers: readonly BuiltMurmur[], fromMs: number, toMs: number): number[] {
  return peers
    .flatMap((peer) => ofType(peer, 'evaluation'))
    .filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
    .map(({ accuracy }) => accuracy);
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test('when one of four is killed for good the others reach the target, and end equal', async () => {
  const peers = await startFour('lost', runTo(0.85, 0.02));
  const [victim, survivors] = [peers[3]!, peers.slice(0, 3)];
  victim.kill('SIGKILL');
  await victim.ended;
  expect(survivors.map((peer) => peer.event('finishing'))).toEqual([undefined, undefined, undefined]);
  expectNoPause(survivors, await expectEqualEnds(survivors));
  expect(survivors.map((peer) => peer.event('finishing')!.reason)).toEqual(['target', 'target', 'target']);
});

test('when one of four is killed nobody waits; it comes back from its checkpoint, and all end equal', async () => {
  const peers = await startFour('killed', endless);
  const [victim, survivors] = [peers[3]!, peers.slice(0, 3)];
  await until(() => ofType(victim, 'checkpointed').length > 1);
  victim.kill('SIGKILL');
  await victim.ended;
  const back = await startPeer({ shard: 3, state: 'killed-3', join: [await addressOf(peers[0]!)] });
  await gains([...survivors, back], 50);
  expect(nameOf(back)).toBe(nameOf(victim));
  expect(back.event('restored')!.rounds).toBeGreaterThan(0);
  const reports = await endEqual([...survivors, back]);
  expectNoPause(survivors, reports.slice(0, 3));
  expect(Object.keys(reports[0]!.vector).filter((origin) => origin.startsWith(nameOf(victim)))).toHaveLength(2);
  expect(ofType(back, 'adopted')).toEqual([]);
});

test('who returns with a checkpoint 600 rounds old, or joins late, takes a replica first, and sets nobody back', async () => {
  const peers = await startFour('old', calm, TINY_LOG);
  const [victim, survivors] = [peers[3]!, peers.slice(0, 3)];
  await until(() => ofType(victim, 'checkpointed').length > 1);
  const state = (name: string) => joinPath(workplace.path('old-3'), name);
  await copyFile(state('checkpoint'), state('kept'));
  await gains(peers, 600);
  victim.kill('SIGKILL');
  await victim.ended;
  await copyFile(state('kept'), state('checkpoint'));
  await gains(survivors, 50);

  const join = [await addressOf(peers[0]!)];
  const back = await startPeer({ run: calm, shard: 3, state: 'old-3', join, options: TINY_LOG });
  const started = await back.told('started');
  expect(ofType(back, 'adopted')[0]!.atMs).toBeLessThanOrEqual(started.atMs);
  await gains([...survivors, back], 50);
  const before = accuracies(survivors, started.atMs - 4_000, started.atMs);
  const after = accuracies([...survivors, back], started.atMs, Date.now());
  expect(mean(after)).toBeGreaterThan(mean(before) - MAX_SETBACK);

  const late = await startPeer({ run: calm, shard: 0, join, options: TINY_LOG });
  const first = await late.told('evaluation');
  expect(roundOf(late)).toBeLessThan(50);
  expect(first.swarmSamples).toBeGreaterThan(4 * 600 * 4 * 16);
  expect(first.accuracy).toBeGreaterThan(mean(accuracies(survivors, first.atMs - 3_000, first.atMs + 500)) - 0.01);
  await gains([...survivors, back, late], 30);
  await endEqual([...survivors, back, late]);
});

test('two pairs that were parted for longer than the logs reach meet in one model', async () => {
  const wires: SeverableWire[] = [];
  onTestFinished(async () => {
    for (const wire of wires) await wire.close();
  });
  const peers: BuiltMurmur[] = [];
  const [homes, gates]: [string[], string[]] = [[], []];
  for (let shard = 0; shard < 4; shard++) {
    const port = await freePort();
    const wire = await SeverableWire.to(port);
    wires.push(wire);
    homes.push(`/ip4/127.0.0.1/tcp/${port}`);
    gates.push(`/ip4/127.0.0.1/tcp/${wire.port}`);
    // Each pair is joined by no wire that is cut; between the pairs there are no others.
    const join = [[], [homes[0]!], [gates[0]!], [homes[2]!]][shard]!;
    const options = [...TINY_LOG, '--announce', gates[shard]!];
    peers.push(await startPeer({ shard, listen: homes[shard]!, join, options }));
    await peers[shard]!.told('listening');
  }
  // Wires that are cut before the pairs have met would part two swarms that never were one.
  await until(() => peers.every((peer) => acquaintancesOf(peer) === peers.length - 1));
  await gains(peers, 30);
  for (const wire of wires) wire.cut();
  await gains(peers, 600);
  for (const wire of wires) wire.mend();
  await until(() => peers.some((peer) => ofType(peer, 'adopted').length > 0));
  await gains(peers, 30);
  const [report] = await endEqual(peers);
  // Of one pair at least one peer publishes under a second origin: it has put updates back.
  const adopted = peers.flatMap((peer) => ofType(peer, 'adopted'));
  expect(adopted.some(({ putBack }) => putBack > 0)).toBe(true);
  expect(Object.keys(report!.vector).length).toBeGreaterThan(4);
});

test('a state folder that cannot be used ends the start with one line that tells why', async () => {
  const alone = testManifest({ peers: 1, target: { value: 1 }, limits: { samples: 3_000 } });
  const peer = async (name: string, run = alone) => {
    const file = await workplace.write(`${name}.json`, JSON.stringify(run));
    return workplace.run('peer', '--run', file, '--listen', '/ip4/127.0.0.1/tcp/0', '--state', workplace.path('kept'));
  };
  const refusal = (line: RegExp) => ({ status: 2, stderr: expect.stringMatching(line) });
  // It has not reached its target; started again, it has nothing left to do.
  expect(await peer('alone')).toMatchObject({ status: 3, stderr: '' });
  const again = await peer('alone');
  expect(again).toMatchObject({ status: 3, stderr: '' });
  expect(again.stdout).toMatch(/goes on from round 9\d, after 3,\d+ samples/);

  expect(await peer('other', { ...alone, seed: 6 })).toMatchObject(
    refusal(/^murmur: \S*kept\/checkpoint: manifest: is of another run; [^\n]+\n$/),
  );
  const file = workplace.path('kept/checkpoint');
  const bytes = await readFile(file);
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(file, bytes);
  expect(await peer('alone')).toMatchObject(
    refusal(/^murmur: \S*kept\/checkpoint: checkpoint: checksum: [^\n]+; [^\n]+\n$/),
  );
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '-');
  await writeFile(workplace.path('kept/lock'), `${process.pid} ${boot.trim()} ${hostname()}\n`);
  expect(await peer('alone')).toMatchObject(
    refusal(/^murmur: \S*kept\/lock: process \d+ on \S+ holds [^\n]+; [^\n]+\n$/),
  );
});

test('a killed process of several gossiping peers leaves the others with one model', async () => {
  const run = testManifest({
    peers: 6,
    exchange: { topology: 'gossip', feeds: 3, density: 0.05 },
    target: { value: 1 },
    limits: { samples: 1e9, seconds: 100 },
  });
  const staying = await startPeers(run, [0, 2, 4, 5]);
  const killed = await startPeers(run, [1, 3], [await addressOf(staying)]);
  await reaches(killed, 4);
  killed.kill('SIGKILL');
  const dead = new Set(ofType(killed, 'listening').map(({ peer }) => peer));
  const givenUp = () => ofType(staying, 'member').filter(({ member, state }) => dead.has(member) && state === 'silent');
  await until(() => new Set(givenUp().map(({ member }) => member)).size === dead.size);
  await gains([staying], 50);
  staying.kill('SIGTERM');
  await staying.ended;
  const reports = ofType(staying, 'finished').map(({ report }) => report);
  expect(reports, staying.stderr).toHaveLength(4);
  expect(new Set(reports.map(({ fingerprint }) => fingerprint)).size).toBe(1);
  expect(reports.every(({ fingerprintHolds }) => fingerprintHolds)).toBe(true);
});
