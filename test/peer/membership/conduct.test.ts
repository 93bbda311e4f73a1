import { expect, test } from 'vitest';
import { Conduct, SHUN_MS } from '../../../peer/membership/conduct.ts';
import { VirtualClock } from '../../../src/support/virtual-clock.ts';

function pass(clock: VirtualClock, ms: number): Promise<void> {
  return clock.run(new Promise((resolve) => clock.after(ms, resolve)));
}

test('a few offences are put up with, more are answered by silence for a while, told once', async () => {
  const clock = new VirtualClock();
  const conduct = new Conduct(clock);
  const told = Array.from({ length: 20 }, () => conduct.offended('liar'));
  expect(told.indexOf(true)).toBe(8);
  expect(told.filter((each) => each)).toHaveLength(1);
  expect([conduct.shuns('liar'), conduct.shuns('other')]).toEqual([true, false]);
  await pass(clock, SHUN_MS + 1);
  expect(conduct.shuns('liar')).toBe(false);
  // Who goes on is shunned again at the first offence.
  expect(conduct.offended('liar')).toBe(true);
});

test('offences that lie hours apart are forgotten', async () => {
  const clock = new VirtualClock();
  const conduct = new Conduct(clock);
  for (let n = 0; n < 100; n++) {
    expect(conduct.offended('clumsy')).toBe(false);
    await pass(clock, 3_600_001);
  }
});

test('connections every few seconds are put up with, and such as never last are not', async () => {
  const clock = new VirtualClock();
  const conduct = new Conduct(clock);
  for (let n = 0; n < 100; n++) {
    expect(conduct.met('far away')).toBe(false);
    await pass(clock, 3_000);
  }
  const told = Array.from({ length: 30 }, () => conduct.met('restless'));
  expect(told.filter((each) => each)).toHaveLength(1);
  expect(conduct.shuns('restless')).toBe(true);
});

test('of those shunned so many are remembered and no more', () => {
  const conduct = new Conduct(new VirtualClock());
  const shun = (name: string) => {
    while (!conduct.offended(name));
  };
  shun('first');
  for (let n = 0; n < 4095; n++) shun(`liar-${n}`);
  expect(conduct.shuns('first')).toBe(true);
  shun('last');
  expect([conduct.shuns('first'), conduct.shuns('last')]).toEqual([false, true]);
});
