import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { peerColours } from '../../../scenarios/report/colours.ts';
import { renderReport } from '../../../scenarios/report/report.ts';
import { sampleRun } from './sample-run.ts';

const parsed = (html: string) => parseHTML(html).document;

describe('the report', () => {
  test('has its plots with a line a peer, the target, a table of the peers, and the facts', async () => {
    const document = parsed(renderReport(await sampleRun()));
    const drawn = (where: string) => [...document.querySelectorAll(`${where} svg.chart`)];
    const lines = drawn('.wide-only').map((chart) => [
      chart.getAttribute('aria-label'),
      chart.querySelectorAll('g[aria-label="line"] path').length,
      /target 95 %/.test(chart.textContent!),
    ]);
    expect(lines).toEqual([
      ['Accuracy of the shared replica, by time', 5, true],
      ['Accuracy of the shared replica, by bytes sent by the swarm', 5, true],
      ['Accuracy of the shared replica, by samples', 5, true],
      ['Bytes sent, by time', 5, false],
      ['Bytes sent by the swarm, by kind and time', 0, false],
      ['Bytes sent by each peer, by kind', 0, false],
      ['Age of updates when applied, by time', 10, false],
      ['Samples a second, by time', 5, false],
      ['Resident memory of each process, by time', 4, false],
      ['Memory of each network thread, by time', 12, false],
    ]);
    const titles = (charts: ReturnType<typeof drawn>) => charts.map((chart) => chart.getAttribute('aria-label'));
    expect(titles(drawn('.narrow-only'))).toEqual(titles(drawn('.wide-only')));
    expect(document.querySelectorAll('tbody tr')).toHaveLength(4);
    expect(document.querySelector('h1')!.textContent).toContain('reached its target in 23.6 s');
    expect(document.querySelector('dl')!.textContent).toContain('equal on all peers');
  });

  test('shows what controllers chose, where there are any', async () => {
    const run = await sampleRun();
    const { exchange } = run.manifest;
    for (const [index, peer] of run.tally.peers.entries()) {
      for (const seconds of [2, 9]) {
        const atMs = run.startedAtMs + 1000 * seconds;
        const sent = { allowedBytesPerSecond: 1, sentBytesPerSecond: 1, ageSeconds: 1, residueShare: 0.5 };
        const setting = { localSteps: 4, partitions: 4, density: 0.01 * (index + 1) };
        run.tally.add(index, { type: 'tuned', peer: peer.name!, atMs, reason: 'egress', ...setting, ...sent });
      }
    }
    const of = (control: 'auto' | 'fixed') =>
      parsed(
        renderReport({ ...run, manifest: { ...run.manifest, exchange: { ...exchange, control } } }),
      ).querySelectorAll('.wide-only svg.chart[aria-label^="What the controllers"] g[aria-label="line"] path');
    expect(of('auto')).toHaveLength(4);
    expect(of('fixed')).toHaveLength(0);
  });

  test('needs nothing from outside: no address, no script', async () => {
    const html = renderReport(await sampleRun());
    expect(html).not.toMatch(/https?:|\/\/[a-z]|@import|url\((?!#)/i);
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
    for (const peer of run.tally.peers) peer.evaluations.points.length = peer.course.points.length = 0;
    const peers = run.summary.peers.map((peer) => ({ ...peer, sentByKind: null }));
    const summary = { ...run.summary, peers, converged: false, timeToTargetSeconds: null };
    const html = renderReport({ ...run, summary });
    expect(html.match(/Nothing was measured/g)).toHaveLength(10);
    expect(html).toContain('missed its target');
  });

  test('says what each kind of byte came to', async () => {
    const text = parsed(renderReport(await sampleRun())).body.textContent!;
    expect(text).toContain('entries: positions and signs 1.44 MB, 64.3 %');
    expect(text).toContain("updates' heads 160 kB, 7.1 %");
    expect(text).toContain('Noise and yamux 400 kB, 17.9 %');
    expect(text).not.toContain('replica transfer');
  });

  test('of a run whose peers told no footprint has all the rest', async () => {
    const run = await sampleRun();
    for (const { course } of run.tally.peers) {
      course.points.splice(0, course.points.length, ...course.points.map((point) => ({ ...point, footprint: null })));
    }
    const peers = run.summary.peers.map((peer) => ({ ...peer, sentByKind: null }));
    const html = renderReport({ ...run, summary: { ...run.summary, peers } });
    expect(html.match(/Nothing was measured/g)).toHaveLength(4);
  });

  test('tells any number of peers apart', async () => {
    expect(new Set(peerColours(40)).size).toBe(40);
    const legends = parsed(renderReport(await sampleRun(12))).querySelectorAll('figure .legend');
    expect(legends[0]!.querySelectorAll('li')).toHaveLength(12 + 1);
  });

  test('of many peers shows their median and ends', async () => {
    const document = parsed(renderReport(await sampleRun(64)));
    const paths = [...document.querySelectorAll('.wide-only svg.chart')].map(
      (chart) => chart.querySelectorAll('g[aria-label="line"] path').length,
    );
    expect(paths).toEqual([4, 4, 4, 4, 0, 0, 8, 4, 3, 9]);
    const rows = [...document.querySelectorAll('tbody tr')].map((row) => row.firstChild!.textContent);
    expect(rows).toEqual(['median', 'min', 'max']);
    expect(document.querySelector('tbody')!.textContent).toContain('97.10 %');
  });
});
