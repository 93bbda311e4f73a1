import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { resolveScenario, type ScenarioDefinition } from '../../scenarios/define-scenario.ts';
import { runScenario } from '../../scenarios/run-scenario.ts';
import type { Clock } from '../../src/support/clock.ts';
import { systemClock } from '../../src/support/system-clock.ts';

// Not real peers: the end-to-end tests have those.
const peerCommand = {
  module: fileURLToPath(new URL('./runner/stand-in-peer.ts', import.meta.url)),
  execArgv: ['--import', 'tsx'],
};

let out: string;
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'murmur-runner-'));
});
afterAll(() => rm(out, { recursive: true }));
afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

/** Three peers are shown in training. */
const allTrain = /(training.*){3}/s;

/** Runs three stand-ins, and interrupts them once `interruptAt` is shown. */
async function run(name: string, more: Partial<ScenarioDefinition> = {}, interruptAt?: RegExp) {
  const scenario = resolveScenario({
    name,
    model: 'mlp-100',
    peers: 3,
    target: { value: 0.9 },
    limits: { samples: 4000 },
    ...more,
  });
  let shown = '';
  const interrupt = new AbortController();
  const write = (text: string) => {
    shown += text;
    if (interruptAt?.test(text)) interrupt.abort();
  };
  const { clock, waiting } = watchedClock();
  const components = { clock, peerCommand, progress: { isTTY: interruptAt !== undefined, write } };
  const paths = { out, working: out };
  const outcome = await runScenario({ ...components, interrupt: interrupt.signal }, scenario, paths);
  expect(waiting()).toBe(0);
  return { ...outcome, shown, events: await eventsOf(outcome.folder) };
}

/** The system's clock, and how many of its timers still hold the process. */
function watchedClock() {
  const timers = new Set<object>();
  const after: Clock['after'] = (delayMs, action) => {
    const timer = {};
    timers.add(timer);
    const cancel = systemClock.after(delayMs, () => timers.delete(timer) && action());
    return () => {
      timers.delete(timer);
      cancel();
    };
  };
  const clock: Clock = { nowMs: systemClock.nowMs, after };
  return { clock, waiting: () => timers.size };
}

async function eventsOf(folder: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(join(folder, 'events.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function alive(events: readonly Record<string, unknown>[]): number[] {
  const pids = events.filter((event) => event['type'] === 'peer-started').map((event) => event['pid'] as number);
  expect(pids.length).toBeGreaterThan(0);
  return pids.filter((pid) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  });
}

describe('a run of stand-in peers', () => {
  test('that reach the target leaves its four files, a summary and nothing running', async () => {
    const { ending, summary, control, folder, events, shown } = await run('happy');
    expect(ending).toEqual({ kind: 'finished' });
    expect((await readdir(folder)).sort()).toEqual(['events.jsonl', 'manifest.json', 'report.html', 'summary.json']);
    expect(JSON.parse(await readFile(join(folder, 'summary.json'), 'utf8'))).toEqual(summary);
    expect(summary).toMatchObject({
      scenario: 'happy',
      converged: true,
      samplesToTarget: 3000,
      backend: 'cpu',
      vectorsEqual: true,
      fingerprintsEqual: true,
      appliedShareWhileRunning: 1,
      bytes: { sentToTarget: 16_500, wireSent: 18_000, denseEquivalent: 3 * 40 * 100 * 4 * 2 },
    });
    expect(summary.finalAccuracy).toEqual({ median: 0.91, min: 0.9, max: 0.92 });
    expect(control).toBeNull();
    expect(alive(events)).toEqual([]);
    const types = events.map((event) => event['type']);
    expect(types).toContain('run-ended');
    // Every line that a peer writes is an event that the runner knows.
    expect(types).not.toContain('invalid-line');
    expect(shown).toMatch(/^swarm .*reached$/m);
    expect(shown).not.toContain('\x1b[2K');
  });

  test('that miss it is finished, not converged', async () => {
    const { ending, summary } = await run('misses');
    expect(ending.kind).toBe('finished');
    expect(summary).toMatchObject({ converged: false, timeToTargetSeconds: null, bytes: { sentToTarget: null } });
  });

  test('with a control runs it alone on as many samples', async () => {
    const { control, folder } = await run('happy', { control: 'none', peers: 1 });
    expect(control).toMatchObject({ strategy: 'none', converged: false, vectorsEqual: null, fingerprintsEqual: null });
    const manifest = JSON.parse(await readFile(join(folder, 'control', 'manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({ limits: { samples: 3000 }, exchange: { strategy: 'none', localSteps: 4 } });
  });

  test('with a control that is interrupted is interrupted as a whole; its own results are kept', async () => {
    const outcome = await run('endless-control', { control: 'none' }, /none/);
    expect(outcome).toMatchObject({ ending: { kind: 'interrupted' }, summary: { converged: true }, control: null });
    expect(await readdir(outcome.folder)).toEqual(expect.arrayContaining(['control', 'report.html', 'summary.json']));
  });

  test('is interrupted while its data set is downloaded, and starts no process', async () => {
    const interrupt = new AbortController();
    vi.stubEnv('XDG_CACHE_HOME', join(out, 'cache'));
    // Mirrors that never answer.
    vi.stubGlobal('fetch', (_url: string, { signal }: RequestInit) => {
      queueMicrotask(() => interrupt.abort());
      return new Promise((_resolve, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)));
    });
    const scenario = resolveScenario({
      name: 'download',
      model: 'mlp-100',
      peers: 3,
      data: { kind: 'mnist' },
      target: { value: 0.9 },
      limits: { samples: 4000 },
    });
    const components = { clock: systemClock, peerCommand, progress: { isTTY: false, write: () => {} } };
    const paths = { out, working: out };
    const { ending, folder } = await runScenario({ ...components, interrupt: interrupt.signal }, scenario, paths);
    expect(ending).toEqual({ kind: 'interrupted' });
    expect((await eventsOf(folder)).map((event) => event['type'])).toEqual(['run-started', 'run-ended']);
  });

  test('takes no harm from lines that are no events', async () => {
    const { ending, summary, events } = await run('garbage');
    expect(ending.kind).toBe('finished');
    expect(summary.converged).toBe(true);
    expect(events.filter((event) => event['type'] === 'invalid-line')).toHaveLength(3 * 4);
  });

  test('one of which dies is stopped, with its last words', async () => {
    const { ending, summary, events } = await run('dies');
    expect(ending).toMatchObject({ kind: 'failed', error: { code: 'PEER_FAILED', failure: { peer: '2 of 3' } } });
    expect((ending as { error: Error }).error.message).toContain('status 7 before the run was over: the last words');
    expect(summary).toMatchObject({ converged: false, finalAccuracy: null, vectorsEqual: null });
    expect(alive(events)).toEqual([]);
  });

  test('several to a process are told apart, and end with their process', async () => {
    const { ending, summary, events } = await run('happy', { peers: 5, processes: 2 });
    expect(ending).toEqual({ kind: 'finished' });
    expect(summary.peers.map(({ peer }) => peer)).toEqual([0, 1, 2, 3, 4].map((index) => `peer-${index}`));
    expect(summary.peers.map(({ accuracy }) => accuracy)).toEqual([0, 1, 2, 3, 4].map((index) => 0.9 + index / 100));
    const pids = events.filter(({ type }) => type === 'peer-started').map(({ index, pid }) => [index, pid]);
    const pidOf = Object.fromEntries(pids);
    expect(new Set(Object.values(pidOf)).size).toBe(2);
    expect([pidOf[2], pidOf[4], pidOf[3]]).toEqual([pidOf[0], pidOf[0], pidOf[1]]);
    expect(alive(events)).toEqual([]);
  });

  test('several to a process that dies are all gone', async () => {
    const { ending, events } = await run('dies', { peers: 6, processes: 2 });
    expect(ending).toMatchObject({ kind: 'failed', error: { code: 'PEER_FAILED', failure: { peer: '2 of 6' } } });
    const gone = events.filter(({ type, code }) => type === 'peer-exited' && code === 7).map(({ index }) => index);
    expect(gone).toEqual([1, 3, 5]);
    expect(alive(events)).toEqual([]);
  });

  test("of a name that was not introduced, or a shard that is not its process', are not believed", async () => {
    const { ending, summary, events } = await run('impostor', { peers: 2 });
    expect(ending.kind).toBe('finished');
    expect(summary.peers.map(({ peer }) => peer)).toEqual(['peer-0', 'peer-1']);
    expect(events.filter((event) => event['type'] === 'invalid-line')).toHaveLength(2 * 2);
  });

  test('one of which tells its failure fails with just that', async () => {
    const { ending, events } = await run('refuses');
    expect(ending).toMatchObject({ kind: 'failed', error: { code: 'DATA_CORRUPT', failure: { field: 'magic' } } });
    expect(alive(events)).toEqual([]);
  });

  test.each([
    ['endless', 'SIGTERM'],
    ['obedient', null],
    ['deaf', 'SIGKILL'],
  ])('%s that is interrupted leaves a summary and nothing running', async (name, signal) => {
    const { ending, folder, events } = await run(name, {}, allTrain);
    expect(ending.kind).toBe('interrupted');
    expect(await readdir(folder)).toContain('summary.json');
    expect(alive(events)).toEqual([]);
    const signals = events.filter((event) => event['type'] === 'peer-exited').map((event) => event['signal']);
    expect(new Set(signals)).toEqual(new Set([signal]));
  });

  test('is refused before any process where its data set is missing', async () => {
    const data = { kind: 'mnist', path: 'no-such-folder' } as const;
    await expect(run('nodata', { data })).rejects.toMatchObject({
      failure: { code: 'DATA_MISSING', field: 'data.path', path: join(out, 'no-such-folder') },
    });
    expect((await readdir(out)).filter((name) => name.startsWith('nodata'))).toEqual([]);
  });
});
