import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderReport } from '../../../scenarios/report/report.ts';
import { BrowserPage, findBrowser } from '../../support/browser.ts';
import { sampleRun } from './sample-run.ts';

const browser = findBrowser();
const name =
  browser === null ? 'the report in a browser (skipped: no Chromium on the path)' : 'the report in a browser';

/** Of every drawing that is shown: its title, how many of its strokes and areas can be seen, and how wide it is. */
const DRAWINGS = `[...document.querySelectorAll('svg.chart')].filter((svg) => svg.checkVisibility()).map((svg) => ({
  title: svg.getAttribute('aria-label'),
  marks: [...svg.querySelectorAll('[aria-label=line] path, [aria-label=area] path, [aria-label=bar] rect')]
    .filter((mark) => { const box = mark.getBoundingClientRect(); return box.width + box.height > 0; }).length,
  width: svg.getBoundingClientRect().width,
  fontPx: Number.parseFloat(getComputedStyle(svg).fontSize) * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width,
}))`;

describe.skipIf(browser === null)(name, () => {
  let folder: string;
  let url: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'murmur-report-'));
    await writeFile(join(folder, 'report.html'), renderReport(await sampleRun()));
    url = pathToFileURL(join(folder, 'report.html')).href;
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each([
    ['a desk', 1100],
    ['a phone', 380],
  ])('on %s shows marks in every plot, readable, and asks for nothing', { timeout: 60_000 }, async (_where, width) => {
    const page = await BrowserPage.open(browser!, url, width);
    try {
      type Drawing = { title: string; marks: number; width: number; fontPx: number };
      const drawings = await page.evaluate<Drawing[]>(DRAWINGS);
      expect(drawings).toHaveLength(10);
      expect(new Set(drawings.map(({ title }) => title)).size).toBe(10);
      for (const { title, marks, width: drawn, fontPx } of drawings) {
        expect(marks, title).toBeGreaterThanOrEqual(4);
        expect(drawn, title).toBeLessThan(width);
        expect(fontPx, title).toBeGreaterThan(10);
      }
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      const tableFits = "document.querySelector('.wide').scrollWidth <= document.querySelector('.wide').clientWidth";
      if (width > 1000) expect(await page.evaluate(tableFits)).toBe(true);
      expect(page.errors).toEqual([]);
      expect(page.requests).toEqual([url]);
    } finally {
      await page.close();
    }
  });
});
