import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { memoryDrawing, memoryPage } from '../../../scenarios/studies/memory-page.ts';
import { sampleRun } from '../report/sample-run.ts';

test('the page has the command, a table over time and the slopes of what was measured', async () => {
  // A peer of the sample run grows by 1 MB every 1.2 s from 201 MB on, its log by 4 kB.
  const page = memoryPage(await sampleRun(), 30, 'npm run study', 'Node, cores');
  expect(page).toContain('npm run study\n');
  const rows = page.split('\n').filter((line) => line.startsWith('| '));
  expect(rows).toHaveLength(2 + 7 + 2 + 4);
  expect(rows[2]).toContain('| first | 201.0 / 201.0 / 30.0 / 4.0 / 0.0 |');
  expect(rows[8]).toContain('| 0.5 | 223.0 / 222.9 / 30.0 / 4.0 / 0.1 |');
  expect(rows[11]).toBe('| peer 1 | 3000.0 ± 0.0 | 2988.0 ± 0.0 | 0.0 ± 0.0 | 0.0 ± 0.0 | 12.0 ± 0.0 |');
});

test('the drawing stands alone, with three lines a peer', async () => {
  const drawing = memoryDrawing(await sampleRun());
  expect(drawing).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" style="background: #fff/);
  const { document } = parseHTML(`<html><body>${drawing}</body></html>`);
  expect(document.querySelectorAll('g[aria-label="line"] path')).toHaveLength(12);
  expect(document.querySelector('svg')!.textContent).toContain('heap');
});
