import '../../src/support/polyfill.ts';
import { parseArgs } from 'node:util';
import { runCell, type StudyExchange, secondsToTarget, settledSeconds } from './controller-cell.ts';

/**
 * Virtual seconds to a target accuracy, `auto` against a grid of fixed settings on three networks; and how soon `auto`
 * has settled after an uplink has changed tenfold. The whole grid is run on the first seed, its best four and `auto` on all.
 *
 *     npm run study:controller -- [--seeds N] [--uplink MBITS]
 */
const TARGET = 0.88;
const FINALISTS = 4;
const LIMIT_SECONDS = 25;
/** Of the uplinks: nothing bounds the first, all of the richest setting passes the second, two thirds of it the third. */
const NETWORKS_MBITS = [100, 0.5, 0.05];
const CHANGES_MBITS = [
  [0.5, 0.05],
  [0.05, 0.5],
] as const;
const CHANGE_SECONDS = 20;

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '3' }, uplink: { type: 'string' } } });
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
const networks = values.uplink === undefined ? NETWORKS_MBITS : [Number(values.uplink)];
const grid = [1, 4, 16].flatMap((localSteps) =>
  [1, 4, 16].flatMap((partitions) => [0.01, 0.04].map((density) => ({ localSteps, partitions, density, warmup: [] }))),
);

interface Contestant {
  readonly label: string;
  readonly exchange: StudyExchange;
  /** A run each. */
  readonly seconds: readonly number[];
}

const mean = (all: readonly number[]) => all.reduce((sum, each) => sum + each, 0) / all.length;
const byTime = (one: Contestant, other: Contestant) => mean(one.seconds) - mean(other.seconds);

/** Runs a setting on the seeds that it has not yet had. */
async function run(mbits: number, former: Contestant, upTo: readonly number[]): Promise<Contestant> {
  const seconds = [...former.seconds];
  for (const seed of upTo.slice(seconds.length)) {
    // The votes that end a run are noisier than the mean: a little above the target it has passed that, too.
    const until = { target: TARGET + 0.015, seconds: LIMIT_SECONDS };
    const events = await runCell({ mbits, exchange: former.exchange, seed, ...until });
    seconds.push(secondsToTarget(events, TARGET) ?? LIMIT_SECONDS);
  }
  console.error(`${mbits} Mbit/s, ${former.label}: ${seconds.map((each) => each.toFixed(1)).join(', ')}`);
  return { ...former, seconds };
}

console.log('| uplink | best fixed: H, p, d | seconds | auto | auto / best | worst fixed |');
console.log('| --- | --- | --- | --- | --- | --- |');
for (const mbits of networks) {
  const first: Contestant[] = [];
  for (const exchange of grid) {
    const label = `${exchange.localSteps}, ${exchange.partitions}, ${100 * exchange.density} %`;
    first.push(await run(mbits, { label, exchange, seconds: [] }, seeds.slice(0, 1)));
  }
  first.sort(byTime);
  const finalists: Contestant[] = [];
  for (const contestant of first.slice(0, FINALISTS)) finalists.push(await run(mbits, contestant, seeds));
  const best = finalists.sort(byTime)[0]!;
  const auto = await run(mbits, { label: 'auto', exchange: 'auto', seconds: [] }, seeds);
  const [fixed, ours, worst] = [best, auto, first.at(-1)!].map(({ seconds }) => mean(seconds)) as [
    number,
    number,
    number,
  ];
  const cells = [`${mbits} Mbit/s`, best.label, fixed.toFixed(2), ours.toFixed(2), (ours / fixed).toFixed(2)];
  console.log(`| ${cells.join(' | ')} | ${worst >= LIMIT_SECONDS ? `over ${LIMIT_SECONDS}` : worst.toFixed(1)} |`);
}

console.log(`\n| uplink after ${CHANGE_SECONDS} s | settled after |\n| --- | --- |`);
for (const [mbits, later] of CHANGES_MBITS) {
  const relink = { atSeconds: CHANGE_SECONDS, mbits: later };
  const events = await runCell({ mbits, exchange: 'auto', seed: 1, target: 1, seconds: 60, relink });
  console.log(`| ${mbits} to ${later} Mbit/s | ${settledSeconds(events, CHANGE_SECONDS).toFixed(1)} s |`);
}
