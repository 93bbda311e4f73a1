import '../../src/support/polyfill.ts';
import { parseArgs } from 'node:util';
import type { ScenarioDefinition } from '../define-scenario.ts';
import { runCell, secondsToTarget } from './controller-cell.ts';

/**
 * Virtual seconds to a target accuracy: `auto` against a grid of fixed settings, on three networks.
 *
 *     npm run study:controller -- [--seeds N] [--uplink MBIT]
 *
 * The whole grid is run on the first seed, its best four and `auto` on all: what counts is the mean.
 */
type Exchange = NonNullable<ScenarioDefinition['exchange']>;

const TARGET = 0.88;
const FINALISTS = 4;
const LIMIT_SECONDS = 25;
const grid = [1, 4, 16].flatMap((localSteps) =>
  [1, 4, 16].flatMap((partitions) =>
    [0.01, 0.04].map((density) => ({ localSteps, partitions, density, warmup: [] satisfies number[] })),
  ),
);

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '3' }, uplink: { type: 'string' } } });
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);

async function secondsOf(megabits: number, exchange: Exchange, seed: number): Promise<number> {
  const link = { latencyMs: 30, jitterMs: 10, bytesPerSecond: (megabits * 1e6) / 8 };
  const events = await runCell({ link, exchange, seed, target: TARGET + 0.015, seconds: LIMIT_SECONDS });
  return secondsToTarget(events, TARGET) ?? LIMIT_SECONDS;
}

async function meanSeconds(megabits: number, exchange: Exchange, known: readonly number[] = []): Promise<number[]> {
  const all = [...known];
  for (const seed of seeds.slice(known.length)) all.push(await secondsOf(megabits, exchange, seed));
  return all;
}

const mean = (all: readonly number[]) => all.reduce((sum, each) => sum + each, 0) / all.length;

console.log(
  '| uplink | best fixed H, p, d | its seconds | auto | auto / best | first seed of the grid |\n| --- | --- | --- | --- | --- | --- |',
);
for (const megabits of values.uplink === undefined ? [100, 0.5, 0.05] : [Number(values.uplink)]) {
  const first: { exchange: Exchange; label: string; seconds: number }[] = [];
  for (const exchange of grid) {
    const label = `${exchange.localSteps}, ${exchange.partitions}, ${100 * exchange.density} %`;
    first.push({ exchange, label, seconds: await secondsOf(megabits, exchange, 1) });
    console.error(megabits, label, first.at(-1)!.seconds);
  }
  first.sort((a, b) => a.seconds - b.seconds);
  const finalists: { label: string; seconds: number[] }[] = [];
  for (const { exchange, label, seconds } of first.slice(0, FINALISTS)) {
    finalists.push({ label, seconds: await meanSeconds(megabits, exchange, [seconds]) });
    console.error(megabits, label, finalists.at(-1)!.seconds.join(' '));
  }
  const auto = await meanSeconds(megabits, { control: 'auto' });
  console.error(megabits, 'auto', auto.join(' '));
  const best = finalists.sort((a, b) => mean(a.seconds) - mean(b.seconds))[0]!;
  const rest = first.map(({ label, seconds }) => `${label}: ${seconds.toFixed(1)}`).join('; ');
  console.log(
    `| ${megabits} Mbit/s | ${best.label} | ${mean(best.seconds).toFixed(2)} | ${mean(auto).toFixed(2)} | ${(mean(auto) / mean(best.seconds)).toFixed(2)} | ${rest} |`,
  );
}
