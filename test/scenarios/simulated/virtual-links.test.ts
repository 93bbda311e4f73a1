import { expect, test } from 'vitest';
import { simulationSchema } from '../../../scenarios/simulated/simulation.ts';
import { virtualLinks } from '../../../scenarios/simulated/virtual-links.ts';

const linksOf = (links: object) => virtualLinks(simulationSchema.parse({ links }).links);

test('lists and tables are dealt to the peers in turn', () => {
  const { lineOf, pathOf } = linksOf({
    uplinkMbits: [40, 20, 10],
    downlinkMbits: 100,
    latencyMs: [
      [1, 20],
      [30, 2],
    ],
    connectionSeconds: 60,
  });
  expect(lineOf('peer-0')).toEqual({ bytesPerSecond: 5_000_000, downBytesPerSecond: 12_500_000 });
  expect(lineOf('peer-5')).toEqual({ bytesPerSecond: 1_250_000, downBytesPerSecond: 12_500_000 });
  expect(pathOf('peer-0', 'peer-3')).toMatchObject({ latencyMs: 20, connectionMs: 60_000 });
  expect(pathOf('peer-3', 'peer-0')).toMatchObject({ latencyMs: 30 });
  expect(pathOf('peer-2', 'peer-4')).toMatchObject({ latencyMs: 1 });
});

test('without a section peers have a gigabit, half a millisecond, and nothing that goes wrong', () => {
  const { lineOf, pathOf } = linksOf({});
  expect(lineOf('peer-7')).toEqual({ bytesPerSecond: 125_000_000 });
  expect(pathOf('peer-1', 'peer-7')).toEqual({ latencyMs: 0.5, jitterMs: 0, overtakingMs: 0, corruption: 0 });
});
