import { describe, expect, test } from 'vitest';
import type { Rogue } from '../../support/rogue.ts';
import { rogueOrigin, serving } from './messages.ts';
import { expectUnharmed } from './swarm.ts';

test('beside a peer that only listens nothing changes', async () => {
  const result = await expectUnharmed({ serve: serving(3, { kind: 'level' }) });
  expect(result.reports[0]!.vector[rogueOrigin()]).toBe(3);
});

describe('a peer that stalls', () => {
  test('in its hello is asked ever more seldom, and nobody waits for it', async () => {
    const result = await expectUnharmed({ mute: true, act: (rogue) => rogue.keepSaying() });
    expect(result.reports[0]!.blockedSeconds).toBeLessThan(1);
    expect(result.events.some((event) => event.type === 'member' && event.member === 'rogue')).toBe(false);
  });

  test('before its first subscription is said, or half-way through its feed', async () => {
    const act = async (rogue: Rogue) => {
      for (const peer of rogue.peers) for (let n = 0; n < 10; n++) await rogue.open(peer);
    };
    await expectUnharmed({ act, serve: serving(2) });
  });

  test('as a subscriber that takes nothing is waited for once, and then left out', async () => {
    const act = async (rogue: Rogue) => {
      for (const peer of rogue.peers) await rogue.subscribe(peer);
    };
    const { reports } = await expectUnharmed({ act });
    // The staleness bound of 8 holds everybody up until patience ends.
    for (const { blockedSeconds } of reports) {
      expect(blockedSeconds).toBeGreaterThan(20);
      expect(blockedSeconds).toBeLessThan(70);
    }
  });
});
