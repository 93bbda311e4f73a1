import { expect, test } from 'vitest';
import { Chores } from '../../peer/chores.ts';
import { sleep } from '../../src/support/clock.ts';
import { VirtualClock } from '../../src/support/virtual-clock.ts';

test('chores are done at once and at their intervals, and no more once stopped', async () => {
  const clock = new VirtualClock();
  const chores = new Chores(clock);
  const done: string[] = [];
  chores.every(100, () => done.push('often'));
  chores.every(250, () => done.push('seldom'));
  await clock.run(sleep(clock, 499));
  expect(done.filter((what) => what === 'often')).toHaveLength(5);
  expect(done.filter((what) => what === 'seldom')).toHaveLength(2);
  chores.stop();
  chores.every(100, () => done.push('late'));
  await clock.run(sleep(clock, 1000));
  expect(done).toHaveLength(7);
});
