import { describe, expect, test } from 'vitest';
import type { Channel } from '../../../protocols/network.ts';
import { MAX_INCARNATIONS } from '../../../protocols/updates/constants.ts';
import type { SourceMessage } from '../../../protocols/updates/messages.ts';
import { sleep } from '../../../src/support/clock.ts';
import { type Rogue, sendSourceMessages } from '../../support/rogue.ts';
import { rogueFrame, rogueOrigin, serving, update } from './messages.ts';
import { expectUnharmed, PEERS, ROUNDS, tellers } from './swarm.ts';

describe('sound messages of nonsense', () => {
  test.each<[string, () => SourceMessage[]]>([
    ['sequences of the future', () => [update(rogueFrame(2 ** 40))]],
    ['sequences that overlap', () => [update(rogueFrame(4, { from: 1 }))]],
    ['an origin out of scope', () => [{ kind: 'origin', origin: 'peer-1/0000000000000001' }]],
    ['a number that was not given', () => [update(rogueFrame(3), 5)]],
    ['no frame at all', () => [update(Uint8Array.of(1, 2, 3))]],
  ])('%s end the feed each time, and in the end all talk with their sender', async (_what, messages) => {
    const result = await expectUnharmed({ serve: serving(2, ...messages()) });
    for (const { vector } of result.reports) expect(vector[rogueOrigin()]).toBe(2);
    expect(tellers(result, 'MESSAGE_INVALID')).toBe(PEERS);
  });

  test('sequences repeated without end are dropped', async () => {
    const repeated = Array.from({ length: 500 }, () => update(rogueFrame(1)));
    const { reports } = await expectUnharmed({ serve: serving(2, ...repeated) });
    expect(reports[0]!.vector[rogueOrigin()]).toBe(2);
  });

  test('a sequence that spans everything is one update', async () => {
    const everything = update(rogueFrame(2 ** 48, { from: 2, samples: 2 ** 48 }));
    const { reports } = await expectUnharmed({ serve: serving(2, everything) }, { leastRounds: ROUNDS / 8 });
    for (const { vector } of reports) expect(vector[rogueOrigin()]).toBe(2 ** 48);
  });

  test('counts of samples without measure drive the clock faster, and not to the end', async () => {
    const act = (rogue: Rogue) => rogue.keepSaying({ samples: 2 ** 48 });
    const result = await expectUnharmed({ act }, { leastRounds: ROUNDS / 8 });
    for (const { rounds } of result.reports) expect(rounds).toBeLessThan(ROUNDS);
  });

  test('a vote for the target, from the future at that, is one vote', async () => {
    const act = (rogue: Rogue) => rogue.keepSaying({ confirmedAtSamples: 2 ** 47, state: 'finishing' });
    const result = await expectUnharmed({ act });
    expect(result.events.filter(({ type }) => type === 'converged')).toEqual([]);
  });

  test('updates published in another month do not set the lookahead', async () => {
    const frames = [...Array(20).keys()].map((n) =>
      update(rogueFrame(n + 1, { publishedAtMs: -(2 ** 31), pendingMs: 2 ** 30 })),
    );
    const result = await expectUnharmed({ serve: serving(0, ...frames) });
    expect(result.reports[0]!.vector[rogueOrigin()]).toBe(20);
  });

  test('a step as large as the format allows is applied by all alike', async () => {
    const huge = update(rogueFrame(1, { magnitudes: [2 ** 28] }));
    const { reports } = await expectUnharmed({ serve: serving(0, huge) });
    for (const { vector } of reports) expect(vector[rogueOrigin()]).toBe(1);
  });

  test('hundreds of incarnations are so many', async () => {
    const serve = async (channel: Channel) => {
      for (let n = 0; n < 300; n++) {
        await sendSourceMessages(channel, { kind: 'origin', origin: rogueOrigin(n + 1) }, update(rogueFrame(1), n));
      }
    };
    const { reports } = await expectUnharmed({ serve });
    for (const { vector } of reports) expect(Object.keys(vector)).toHaveLength(PEERS + MAX_INCARNATIONS);
  });

  test('thousands of peers that it has heard of are asked for at a bounded rate', async () => {
    const act = async (rogue: Rogue) => {
      for (let batch = 0; ; batch++) {
        const vector = [...Array(200).keys()].map((n) => [`ghost-${batch}-${n}/0000000000000001`, 1] as const);
        rogue.say({ state: 'finishing', vector });
        await sleep(rogue.clock, 100);
      }
    };
    await expectUnharmed({ act });
  });
});
