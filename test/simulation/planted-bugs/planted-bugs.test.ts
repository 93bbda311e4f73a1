import { fileURLToPath } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';
import { plantedBugs } from './catalogue.ts';

/** A bug that so many seeds do not show is one that a campaign may miss. */
const SEEDS = 200;
const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What breaks in the first seed in which anything does; null where nothing ever does. */
async function firstFailure(): Promise<string | null> {
  const { runCampaign } = await import('../../../scenarios/campaign/campaign.ts');
  const { syntheticLaboratory } = await import('../../../scenarios/campaign/synthetic-laboratory.ts');
  for (let first = 1; first <= SEEDS; first++) {
    const found: string[] = [];
    await runCampaign(syntheticLaboratory, {
      seeds: { first, count: 1, step: 1 },
      onFailure: ({ violations }) => found.push(...violations.map(({ checker }) => checker)),
      trace: null,
    });
    if (found.length > 0) return found.join(', ');
  }
  return null;
}

afterEach(() => {
  for (const { path } of plantedBugs.flatMap(({ changes }) => changes)) vi.doUnmock(root + path);
  vi.resetModules();
});

test.each(plantedBugs.map((bug, number) => ({ ...bug, number })))('the checkers find $name', async (bug) => {
  for (const { path } of bug.changes) vi.doMock(root + path, () => import(`${root}${path}?planted=${bug.number}`));
  expect(await firstFailure()).toContain(bug.foundBy);
});
