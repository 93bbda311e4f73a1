/**
 * Goodput of the `updates` protocol beside that of a bare libp2p stream with the same encryption and multiplexer, both
 * between two nodes of this process over the loopback device, so that the time is that of both ends. Transfers take
 * turns, and so does who goes first; the figure is the ratio of their lower quartiles, as a transfer is long enough for
 * others on the machine to get into most. Only frames count as goodput.
 */
import { rawPair } from './raw-pair.ts';
import { lowerQuartile, type Row } from './report.ts';
import { updatesPair } from './updates-pair.ts';

const WARM_UP_TURNS = 5;
const TURNS = 100;

export async function goodputRows(): Promise<Row[]> {
  return [
    await goodputRow('goodput64kOverRaw', { frameBytes: 65_536, frames: 64, atLeast: 0.9 }),
    await goodputRow('goodput1kOverRaw', { frameBytes: 1024, frames: 2048 }),
  ];
}

async function goodputRow(
  figure: Row['figure'],
  { frameBytes, frames, atLeast }: { frameBytes: number; frames: number; atLeast?: number },
): Promise<Row> {
  const pairs = [await rawPair(frameBytes, frames), await updatesPair(frameBytes, frames)];
  const timesMs: [number[], number[]] = [[], []];
  for (let turn = -WARM_UP_TURNS; turn < TURNS; turn++) {
    for (const which of turn % 2 === 0 ? [0, 1] : [1, 0]) {
      const start = performance.now();
      await pairs[which]!.transfer();
      if (turn >= 0) timesMs[which]!.push(performance.now() - start);
    }
  }
  await Promise.all(pairs.map((pair) => pair.stop()));
  const [rawMs, oursMs] = timesMs;
  const speed = (times: number[]) => `${((frameBytes * frames) / lowerQuartile(times) / 1000).toFixed(0)} MB/s`;
  return {
    figure,
    what: `goodput of updates, frames of ${frameBytes} bytes`,
    ratio: lowerQuartile(rawMs) / lowerQuartile(oursMs),
    ...(atLeast === undefined ? {} : { atLeast }),
    measured: `${speed(oursMs)}, bare stream ${speed(rawMs)}`,
  };
}
