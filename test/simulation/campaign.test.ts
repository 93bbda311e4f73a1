import { expect, test } from 'vitest';
import { type Failure, runCampaign } from '../../scenarios/campaign/campaign.ts';
import { digitsLaboratory } from '../../scenarios/campaign/digits-laboratory.ts';
import { drawSwarm } from '../../scenarios/campaign/draw-swarm.ts';
import { syntheticLaboratory } from '../../scenarios/campaign/synthetic-laboratory.ts';

/** A small part of what `npm run simulate` does. */
const SYNTHETIC_SEEDS = 40;
const REAL_SEEDS = 2;

test('whatever befalls a swarm, what must hold does: synthetic gradients', async () => {
  const failures: Failure[] = [];
  const seeds = { first: 1, count: SYNTHETIC_SEEDS, step: 1 };
  const onFailure = (failure: Failure) => failures.push(failure);
  const passed = await runCampaign(syntheticLaboratory, { seeds, onFailure, trace: null });
  expect(failures).toEqual([]);
  expect(passed).toBe(SYNTHETIC_SEEDS);
});

test('and with real mathematics', async () => {
  const failures: Failure[] = [];
  const seeds = { first: 1, count: REAL_SEEDS, step: 1 };
  const onFailure = (failure: Failure) => failures.push(failure);
  const laboratory = await digitsLaboratory();
  await runCampaign(laboratory, { seeds, onFailure, trace: null });
  laboratory.components.compute.dispose();
  expect(failures).toEqual([]);
});

test('one seed draws one swarm, and leaves the same trace to the byte; swarms of many kinds are drawn', async () => {
  const traceOf = async (first: number) => {
    const lines: string[] = [];
    const seeds = { first, count: 1, step: 1 };
    await runCampaign(syntheticLaboratory, { seeds, onFailure: () => {}, trace: (line) => lines.push(line) });
    return lines.join('\n');
  };
  const [first, again, other] = [await traceOf(7), await traceOf(7), await traceOf(8)];
  expect(again).toBe(first);
  expect(other).not.toBe(first);
  expect(first).toMatch(/^ +\d+\.\d{6} s {2}fate {6}\{"kind":"/m);
  const swarms = Array.from({ length: 200 }, (_, seed) => drawSwarm(seed, syntheticLaboratory.subject));
  const kinds = new Set(swarms.flatMap(({ happenings }) => happenings!.map(({ kind }) => kind)));
  expect([...kinds].sort()).toEqual(['block', 'crash', 'disconnect', 'freeze-disk', 'part', 'slow', 'start']);
  expect(new Set(swarms.map(({ manifest }) => manifest.exchange.strategy)).size).toBe(2);
});
