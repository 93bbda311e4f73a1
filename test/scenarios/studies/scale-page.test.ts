import { expect, test } from 'vitest';
import type { ScaleRow } from '../../../scenarios/studies/scale-cell.ts';
import { scaleDrawings, scalePage } from '../../../scenarios/studies/scale-page.ts';

const row = (peers: number): ScaleRow => ({
  peers,
  rounds: 100,
  swarmSamples: 25_600,
  sentBytesPerSecond: 1000 * peers,
  receivedBytesPerSecond: 900 * peers,
  egress: { min: 0.85, median: 0.9, max: 1 },
  connections: 3,
  ageSeconds: { p50: 2, p99: 4.25 },
  spreadRounds: 1.5,
  accuracy: 0.905,
  denseAccuracy: 0.91,
  equal: peers < 16,
  deliveries: 1e6,
  wallSeconds: 20,
  cpuSeconds: 10,
  peakRssBytes: 3e8,
});
const rows = [row(4), row(16)];

test('the page has the command and a row for each size in all tables', () => {
  const page = scalePage(rows, 'npm run study', 'Node, cores');
  expect(page).toContain('npm run study\n');
  expect(page).toContain('| 4 | 25,600 | 100 | 4 kB | 3.6 kB | 0.90 (0.85 to 1.00) | 3.0 | 2.0 / 4.3 s |');
  expect(page).toContain('| 4 | 1.5 rounds | 90.50 % | 91.00 % | yes |');
  expect(page).toContain('| 16 | 1,000,000 | 10 s | 10 µs | 6.3 ms | 100,000 | 20 s | 300 MB |');
});

test('every drawing that the page shows is there, and stands alone', () => {
  const page = scalePage(rows, 'npm run study', 'Node, cores');
  const drawings = scaleDrawings(rows);
  expect([...page.matchAll(/\]\((.*)\)/g)].map(([, file]) => file)).toEqual([...drawings.keys()]);
  for (const drawing of drawings.values()) expect(drawing).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
});
