import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { peerColours } from '../../../scenarios/report/charts.ts';
import { renderReport } from '../../../scenarios/report/report.ts';
import { sampleRun } from './sample-run.ts';

const parsed = (html: string) => parseHTML(html).document;

describe('the report', () => {
  test('has three charts with a line a peer, the target, a table of the peers, and the facts', async () => {
    const document = parsed(renderReport(await sampleRun()));
    const charts = [...document.querySelectorAll('figure svg')];
    expect(charts.map((chart) => chart.getAttribute('aria-label'))).toEqual([
      'Accuracy over time',
      'Accuracy over bytes',
      'Bytes over time',
    ]);
    for (const chart of charts) expect(chart.querySelectorAll('g[aria-label="line"] path')).toHaveLength(4);
    expect(charts.map((chart) => /target 95 %/.test(chart.textContent!))).toEqual([true, true, false]);
    expect(document.querySelectorAll('tbody tr')).toHaveLength(4);
    expect(document.querySelector('h1')!.textContent).toContain('reached its target in 23.6 s');
    expect(document.querySelector('dl')!.textContent).toContain('equal on all peers');
  });

  test('needs nothing from outside: no address, no script', async () => {
    const html = renderReport(await sampleRun());
    expect(html.replaceAll('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(/https?:|\/\/[a-z]|@import|url\(/i);
    expect(html).not.toMatch(/<(script|link|img|iframe)|\ssrc=/i);
  });

  test('shows text that comes from elsewhere as text', async () => {
    const run = await sampleRun();
    const evil = `<script>alert("1")</script>&'`;
    for (const peer of run.tally.peers) peer.name = evil;
    const model = { name: evil, topology: {} };
    const peers = run.summary.peers.map((peer) => ({ ...peer, peer: evil }));
    const html = renderReport({
      ...run,
      manifest: { ...run.manifest, name: evil, model, data: { ...run.manifest.data, path: evil } },
      summary: { ...run.summary, backend: evil, peers },
    });
    expect(html).not.toContain('<script');
    expect(parsed(html).querySelector('h1')!.textContent).toContain(evil);
  });

  test('of a run that measured nothing says so', async () => {
    const run = await sampleRun();
    for (const peer of run.tally.peers) peer.evaluations.points.length = peer.bytes.points.length = 0;
    const html = renderReport({ ...run, summary: { ...run.summary, converged: false, timeToTargetSeconds: null } });
    expect(html.match(/Nothing was measured/g)).toHaveLength(3);
    expect(html).toContain('missed its target');
  });

  test('tells any number of peers apart', async () => {
    expect(new Set(peerColours(40)).size).toBe(40);
    expect(parsed(renderReport(await sampleRun(12))).querySelectorAll('.legend li')).toHaveLength(36);
  });
});
