import { describe, expect, it } from 'vitest';
import { sleep } from '../../../src/support/clock.ts';
import { seededRandom } from '../../../src/support/random.ts';
import { VirtualClock } from '../../../src/support/virtual-clock.ts';
import { failureOf } from '../../support/failures.ts';

describe('virtual clock', () => {
  it('runs events by time, those of one instant in the order of their scheduling', async () => {
    const clock = new VirtualClock(1000);
    const seen: string[] = [];
    const note = (name: string) => () => seen.push(`${name} ${clock.nowMs()}`);
    clock.after(30, note('c'));
    clock.after(10, note('a'));
    clock.after(30, note('d'));
    clock.after(20, note('b'));
    clock.after(-5, note('first'));
    await clock.run(sleep(clock, 30));
    expect(seen).toEqual(['first 1000', 'a 1010', 'b 1020', 'c 1030', 'd 1030']);
  });

  it('lets everything that an event caused settle before the next', async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    const deep = async () => {
      for (let depth = 0; depth < 50; depth++) await Promise.resolve();
      seen.push(clock.nowMs());
    };
    clock.after(1, deep);
    clock.after(2, deep);
    await clock.run(sleep(clock, 3));
    expect(seen).toEqual([1, 2]);
  });

  it('cancels, also what shares its instant with others and what has run', async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    const cancels = [0, 1, 2, 3].map((index) => clock.after(5, () => seen.push(index)));
    cancels[1]!();
    cancels[1]!();
    cancels[3]!();
    await clock.run(sleep(clock, 5));
    cancels[0]!();
    expect(seen).toEqual([0, 2]);
  });

  it('keeps the order of time whatever is scheduled and cancelled, many thousands at once', async () => {
    const clock = new VirtualClock();
    const random = seededRandom(3);
    const seen: [atMs: number, order: number][] = [];
    const expected: [atMs: number, order: number][] = [];
    for (let order = 0; order < 5_000; order++) {
      const atMs = random.below(500);
      const cancel = clock.after(atMs, () => seen.push([clock.nowMs(), order]));
      if (random.below(4) > 0) cancel();
      else expected.push([atMs, order]);
    }
    await clock.run(sleep(clock, 500));
    expect(seen).toEqual(expected.sort(([a, first], [b, second]) => a - b || first - second));
  });

  it('lets the process look at its sockets and timers while events follow one another', async () => {
    const clock = new VirtualClock();
    let turns = 0;
    const count = () => {
      turns++;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    const many = async () => {
      for (let event = 0; event < 10_000; event++) await sleep(clock, 1);
    };
    await clock.run(many());
    clearImmediate(timer);
    expect(turns).toBeGreaterThan(5);
  });

  it('replays a program of many actors identically from one seed', async () => {
    const replay = async () => {
      const clock = new VirtualClock();
      const trace: string[] = [];
      const actor = async (name: number) => {
        const random = seededRandom(7).fork(name);
        for (let step = 0; step < 20; step++) {
          await sleep(clock, random.below(10));
          trace.push(`${name} ${clock.nowMs()}`);
        }
      };
      await clock.run(Promise.all(Array.from({ length: 30 }, (_, name) => actor(name))));
      return trace;
    };
    const trace = await replay();
    expect(trace).toHaveLength(600);
    expect(await replay()).toEqual(trace);
  });

  it('settles as its promise does', async () => {
    const clock = new VirtualClock();
    expect(await clock.run(sleep(clock, 1e9).then(() => 'done'))).toBe('done');
    await expect(clock.run(sleep(clock, 1).then(() => Promise.reject(new Error('no'))))).rejects.toThrow('no');
  });

  it('reports a wait that nothing can end, and one beyond the limit', async () => {
    const clock = new VirtualClock();
    await failureOf(clock.run(new Promise(() => {})), 'TIMED_OUT');
    await failureOf(clock.run(sleep(clock, 101), 100), 'TIMED_OUT');
    expect(await clock.run(sleep(clock, 100), 100)).toBeUndefined();
  });
});
