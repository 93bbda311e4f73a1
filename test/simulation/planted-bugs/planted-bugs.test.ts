import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { plantedBugs } from './catalogue.ts';

const SEEDS = 200;
const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The first seed whose swarm breaks something, and what; null where none does. */
async function firstFailure(): Promise<string | null> {
  const { runCampaign } = await import('../../../scenarios/campaign/campaign.ts');
  const { syntheticLaboratory } = await import('../../../scenarios/campaign/synthetic-laboratory.ts');
  for (let first = 1; first <= SEEDS; first++) {
    const found: string[] = [];
    await runCampaign(syntheticLaboratory, {
      seeds: { first, count: 1, step: 1 },
      onFailure: ({ violations }) => found.push(...violations.map(({ checker, problem }) => `${checker}: ${problem}`)),
      trace: null,
    });
    if (found.length > 0) return `seed ${first}, ${found.join('; ')}`;
  }
  return null;
}

test.each(plantedBugs.map(({ name, changes }, number) => ({ name, changes, number })))(
  'the checkers find $name',
  async ({ changes, number, name }) => {
    vi.resetModules();
    for (const { path } of changes) vi.doMock(root + path, () => import(`${root}${path}?planted=${number}`));
    const failure = await firstFailure();
    console.log(name, '->', failure?.slice(0, 300));
    expect(failure).not.toBeNull();
    for (const { path } of changes) vi.doUnmock(root + path);
  },
);
