import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { LiveView, progressLines } from '../../../scenarios/runner/live-view.ts';
import { sleep } from '../../../src/support/clock.ts';
import { VirtualClock } from '../../../src/support/virtual-clock.ts';
import { sampleRun } from '../report/sample-run.ts';

async function shownFor(milliseconds: number, terminal: { isTTY?: boolean; columns?: number }) {
  const { manifest, tally, startedAtMs } = await sampleRun();
  const clock = new VirtualClock(startedAtMs);
  const written: string[] = [];
  const view = new LiveView({ ...terminal, write: (text) => written.push(text) }, clock);
  view.start(manifest, tally, startedAtMs);
  await clock.run(sleep(clock, milliseconds));
  view.stop();
  await clock.run(sleep(clock, milliseconds));
  return written;
}

describe('live progress', () => {
  test('is one line a peer and one for the swarm', async () => {
    const { manifest, tally } = await sampleRun();
    const lines = progressLines(manifest, tally, 34).map(stripVTControlCharacters);
    expect(lines).toHaveLength(1 + 4 + 1);
    expect(lines[1]!.split(/\s{2,}/)).toEqual(['', '1', '500', '806', '97.10 %', '560 kB', '0.31 s', 'finished']);
    expect(lines.at(-1)).toMatch(
      /^swarm {2}34\.0 s {2}100,000 of 100,000 samples {2}median 97\.10 %, target 95\.00 % {2}reached$/,
    );
  });

  test('of many peers is their median and ends, with how many are in which state', async () => {
    const { manifest, tally } = await sampleRun(64);
    for (const peer of tally.peers.slice(0, 10)) peer.report = null;
    const lines = progressLines(manifest, tally, 34).map(stripVTControlCharacters);
    expect(lines).toHaveLength(1 + 3 + 1);
    expect(lines.slice(1, 4).map((line) => line.trim().split(/\s{2,}/))).toEqual([
      ['median', '500', '806', '97.10 %', '560 kB', '0.31 s', '54 finished'],
      ['min', '500', '800', '97.10 %', '560 kB', '0.31 s', '10 at target'],
      ['max', '500', '806', '97.10 %', '560 kB', '0.31 s'],
    ]);
  });

  test('tells the speed of a run that was over before its first progress', async () => {
    const { manifest, tally } = await sampleRun();
    for (const peer of tally.peers) {
      peer.progress = null;
      peer.trainingToMs = peer.trainingFromMs! + 500;
    }
    const [, first] = progressLines(manifest, tally, 1).map(stripVTControlCharacters);
    expect(first!.split(/\s{2,}/).slice(2, 4)).toEqual(['500', '50,000']);
  });

  test('is drawn over in place on a terminal, within its width', async () => {
    const written = await shownFor(600, { isTTY: true, columns: 40 });
    expect(written).toHaveLength(1 + 2 + 1);
    expect(written[1]).not.toContain('\x1b[6A');
    for (const frame of written.slice(2)) expect(frame).toContain('\x1b[6A');
    for (const line of stripVTControlCharacters(written[2]!).split('\n')) expect(line.length).toBeLessThan(40);
  });

  test('says a line above what is drawn, which stays', async () => {
    const { manifest, tally, startedAtMs } = await sampleRun();
    const clock = new VirtualClock(startedAtMs);
    const written: string[] = [];
    const view = new LiveView({ isTTY: true, write: (text) => written.push(text) }, clock);
    view.start(manifest, tally, startedAtMs);
    await clock.run(sleep(clock, 300));
    view.say('so it is');
    expect(written.at(-1)).toBe('\x1b[6A\x1b[2Kso it is\n');
    view.stop();
    expect(written.at(-1)).not.toContain('\x1b[6A');
  });

  test('tells the time of the run, whatever clock it is drawn by', async () => {
    const { manifest, tally, startedAtMs } = await sampleRun();
    const [clock, time] = [new VirtualClock(), new VirtualClock(startedAtMs + 7_000)];
    const written: string[] = [];
    const view = new LiveView({ write: (text) => written.push(text) }, clock);
    view.start(manifest, tally, startedAtMs, time);
    view.stop();
    expect(written.at(-1)).toMatch(/^swarm {2}7\.00 s /m);
  });

  test('is plain lines every few seconds in a pipe, and ends', async () => {
    const written = await shownFor(12_000, {});
    expect(written).toHaveLength(1 + 2 + 1);
    expect(written.slice(1).join('')).not.toContain('\x1b');
  });
});
