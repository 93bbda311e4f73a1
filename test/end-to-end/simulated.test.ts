import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Summary } from '../../scenarios/runner/summary.ts';
import { START_MS } from '../../scenarios/simulated/simulation.ts';
import { Workplace } from './workplace.ts';

const workplace = new Workplace();

/** Jitter, steps of uneven length, a crash, a return from a checkpoint, and somebody who comes late. */
const troubled = `
import small from './small.mjs';

export default {
  ...small,
  control: 'none',
  mode: 'simulated',
  simulation: {
    links: { uplinkMbits: [40, 20, 10], latencyMs: [[1, 20], [20, 1]], jitterMs: 5, overtakingMs: 5 },
    step: { ms: 20, spread: 0.3, slowness: [1, 1, 3] },
    trace: true,
    happenings: [
      { kind: 'disconnect', peer: 0, other: 1, atMs: 300 },
      { kind: 'start', peer: 3, atMs: 400 },
      { kind: 'relink', links: { uplinkMbits: 400, latencyMs: 10 }, atMs: 600 },
      { kind: 'slow', peer: 0, slowness: 2, atMs: 700 },
    ],
  },
};
`;

/** Runs a scenario to its end; gives the summary that it printed, and every file that it left. */
async function run(scenario: string, out: string, ...more: string[]) {
  const ended = await workplace.run('run', scenario, '--json', '--out', out, ...more);
  expect(ended.status, ended.stderr).toBe(0);
  const [name] = await readdir(workplace.path(out));
  const folder = join(workplace.path(out), name!);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = paths.map(async (path) => [path.slice(folder.length + 1), await readFile(path, 'base64')] as const);
  const files = Object.fromEntries(await Promise.all(contents));
  const text = (file: string) => Buffer.from(files[file]!, 'base64').toString();
  return { shown: ended.stderr, summary: JSON.parse(ended.stdout) as Summary, files, text };
}

test('a simulated run replays from its seed: equal folders to the byte; another seed differs', async () => {
  await workplace.write('troubled.mjs', troubled);
  const first = await run('troubled.mjs', 'first');
  const { summary, files, text } = first;
  const replicas = ['peer-0', 'peer-1', 'peer-2', 'peer-3'].map((peer) => `replicas/${peer}.int32`);
  const own = ['events.jsonl', 'manifest.json', 'report.html', 'simulation.json', 'summary.json', 'trace.txt'];
  const expected = [...own, ...replicas];
  expect(
    Object.keys(files)
      .filter((file) => !file.startsWith('control'))
      .sort(),
  ).toEqual(expected.sort());
  expect(Object.keys(files)).toContain(join('control', 'summary.json'));

  expect(summary).toEqual(JSON.parse(text('summary.json')));
  expect(summary).toMatchObject({ mode: 'simulated', backend: 'wasm', converged: true });
  expect(summary).toMatchObject({ vectorsEqual: true, fingerprintsEqual: true });
  expect(summary.peers.map(({ peer }) => peer)).toEqual(['peer-0', 'peer-1', 'peer-2', 'peer-3']);
  expect(summary.peers.map(({ memory, peakRssBytes }) => memory ?? peakRssBytes)).toEqual([null, null, null, null]);
  expect(new Set(replicas.map((file) => files[file])).size).toBe(1);

  const events = text('events.jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events.every(({ atMs }) => atMs >= START_MS && atMs < START_MS + 600_000)).toBe(true);
  const happened = events.filter(({ type }) => type === 'happened').map(({ happening }) => happening.kind);
  expect(happened).toEqual(['disconnect', 'start', 'relink', 'slow']);
  const trace = text('trace.txt').trimEnd().split('\n');
  for (const line of trace) expect(line).toMatch(/^ *\d+\.\d{6} s {2}\S+ +\S/);
  expect(trace.some((line) => line.includes('is no longer connected to peer-1'))).toBe(true);

  const second = await run('troubled.mjs', 'second');
  for (const [file, content] of Object.entries(files)) {
    expect(second.files[file] === content, `${file} is the same`).toBe(true);
  }
  const other = await run('troubled.mjs', 'other', '--seed', '2', '--set', 'control=null');
  for (const file of ['summary.json', 'events.jsonl', replicas[0]!]) expect(other.files[file]).not.toBe(files[file]);
});

test('a step time that is measured is in the record, and gives the same run once it is fixed', async () => {
  const simulated = ['--mode', 'simulated'];
  const { shown, summary, files, text } = await run(
    'small.mjs',
    'measured',
    ...simulated,
    '--set',
    'simulation.step.ms=measured',
  );
  const { step } = JSON.parse(text('simulation.json'));
  expect(step.ms).toBeGreaterThan(0);
  expect(shown).toContain(`simulation.step.ms=${step.ms} repeats this run`);
  const fixed = await run('small.mjs', 'fixed', ...simulated, '--set', `simulation.step.ms=${step.ms}`);
  expect(fixed.summary).toEqual(summary);
  expect(fixed.files).toEqual(files);
});

test('what cannot befall a swarm is refused with the place in the scenario', async () => {
  const happenings = `[{ kind: 'start', peer: 1, atMs: 5 }]`;
  await workplace.write(
    'impossible.mjs',
    `import small from './small.mjs'; export default { ...small, mode: 'simulated', simulation: { happenings: ${happenings} } };`,
  );
  const { status, stderr } = await workplace.run('run', 'impossible.mjs');
  expect(status).toBe(2);
  expect(stderr).toMatch(/simulation\.happenings\.0: peer 1 cannot start at 5 ms: it runs; correct/);
});
