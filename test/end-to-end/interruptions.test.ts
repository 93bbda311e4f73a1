import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { testManifest } from '../support/manifest.ts';
import { type BuiltMurmur, builtModule, until, wholeLines } from './built-murmur.ts';
import { Workplace } from './workplace.ts';

const workplace = new Workplace();
/** How long anything may take to end that is told to, or that lost its parent. */
const PATIENCE_MS = 10_000;

/** A run that would last minutes, once all its peers are in their rounds. */
async function runInTraining(out: string): Promise<{ runner: BuiltMurmur; folder: string }> {
  const endless = ['--set', 'target.value=1', '--set', 'limits.samples=100000000'];
  const runner = workplace.start('run', 'small.mjs', '--json', '--out', out, ...endless);
  const folder = () => join(workplace.path(out), readdirSync(workplace.path(out))[0]!);
  const trains = () => {
    if (!existsSync(workplace.path(out)) || readdirSync(workplace.path(out)).length === 0) return false;
    const file = join(folder(), 'events.jsonl');
    const events = existsSync(file) ? wholeLines(readFileSync(file, 'utf8')).map((line) => JSON.parse(line)) : [];
    const peers = events.filter((event) => event.type === 'progress' && event.progress.round > 0);
    return new Set(peers.map((event) => event.index)).size === 3;
  };
  await until(trains);
  return { runner, folder: folder() };
}

describe('a run in training', () => {
  test('that is interrupted by Ctrl-C ends soon, with its summary and no process left', async () => {
    const { runner, folder } = await runInTraining('interrupted');
    const start = Date.now();
    runner.interruptGroup();
    const { status, stderr } = await runner.ended;
    expect(Date.now() - start).toBeLessThan(PATIENCE_MS);
    expect(runner.groupRuns()).toBe(false);
    expect(status).toBe(1);
    expect(stderr).toContain('murmur: interrupted; what was measured until then is in ');
    const summary = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'));
    expect(summary).toMatchObject({ scenario: 'small', converged: false });
    expect(summary.peers).toHaveLength(3);
    expect(existsSync(join(folder, 'report.html'))).toBe(true);
  });

  test('whose runner is killed leaves no peer behind', async () => {
    const { runner } = await runInTraining('killed');
    const start = Date.now();
    runner.kill('SIGKILL');
    await until(() => !runner.groupRuns());
    expect(Date.now() - start).toBeLessThan(PATIENCE_MS);
  });
});

test('a peer whose runner is gone before it has begun leaves, too', async () => {
  const manifest = testManifest({ peers: 1, target: { value: 1 }, limits: { samples: 1e9 } });
  const file = await workplace.write('endless.json', JSON.stringify(manifest));
  const args = ['peer', '--json', '--run', file, '--listen', '/ip4/127.0.0.1/tcp/0'];
  const peer = fork(builtModule, args, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  onTestFinished(() => void peer.kill('SIGKILL'));
  peer.disconnect();
  const [status] = await once(peer, 'exit');
  expect(status).toBe(3);
});

test('when one of three peers is killed, the others reach their limit with equal replicas', async () => {
  const manifest = testManifest({ peers: 3, target: { value: 1 }, limits: { samples: 60_000 } });
  const file = await workplace.write('manifest.json', JSON.stringify(manifest));
  const peer = (shard: number, ...join: string[]) =>
    workplace.start(
      'peer',
      '--json',
      '--run',
      file,
      '--shard',
      `${shard}`,
      '--listen',
      '/ip4/127.0.0.1/tcp/0',
      ...join,
    );
  const first = peer(0);
  const { addresses } = await first.told('listening');
  const join = ['--join', addresses[0]!];
  const [second, third] = [peer(1, ...join), peer(2, ...join)];
  const victim = (await third.told('started')).peer;
  const applies = (peer: BuiltMurmur) =>
    peer.events().some((event) => event.type === 'progress' && (event.progress.applied?.[victim] ?? 0) > 0);
  await until(() => applies(first) && applies(second));
  third.kill('SIGKILL');
  expect(await third.ended).toMatchObject({ signal: 'SIGKILL' });
  expect([first, second].map((each) => each.event('finishing'))).toEqual([undefined, undefined]);

  const ends = await Promise.all([first.ended, second.ended]);
  expect(ends.map(({ status, stderr }) => ({ status, stderr }))).toEqual(Array(2).fill({ status: 3, stderr: '' }));
  expect([first, second].map((each) => each.event('finishing')?.reason)).toEqual(['samples', 'samples']);
  const [one, other] = [first, second].map((each) => each.event('finished')!.report);
  expect(one!.vector).toEqual(other!.vector);
  expect(Object.keys(one!.vector)).toHaveLength(3);
  expect(one!.fingerprint).toBe(other!.fingerprint);
  expect([one!.fingerprintHolds, other!.fingerprintHolds]).toEqual([true, true]);
});
