import { expect, test } from 'vitest';
import { Doorbell, firstRing } from '../../../src/support/doorbell.ts';

/** Counts how many of the waits are over once all promises have had their turn. */
async function over(...waits: Promise<void>[]): Promise<number> {
  let count = 0;
  for (const wait of waits) wait.then(() => count++);
  await new Promise((resolve) => setImmediate(resolve));
  return count;
}

test('a ring wakes everyone who waits at that moment, and nobody who comes later', async () => {
  const bell = new Doorbell();
  bell.ring();
  const early = [bell.wait(), bell.wait()];
  expect(await over(...early)).toBe(0);
  bell.ring();
  const late = bell.wait();
  expect(await over(...early)).toBe(2);
  expect(await over(late)).toBe(0);
});

test('who waits again while being woken waits for the next ring', async () => {
  const bell = new Doorbell();
  let woken = 0;
  const again = () => {
    woken++;
    bell.onNextRing(again);
  };
  bell.onNextRing(again);
  bell.ring();
  expect(woken).toBe(1);
  bell.ring();
  expect(woken).toBe(2);
});

test('an abort ends a wait, also one that happened before', async () => {
  const bell = new Doorbell();
  const controller = new AbortController();
  const wait = bell.wait(controller.signal);
  expect(await over(wait)).toBe(0);
  controller.abort();
  expect(await over(wait, bell.wait(controller.signal))).toBe(2);
});

test('the first of several bells is enough, and nothing stays behind at the others', async () => {
  const bells = [new Doorbell(), new Doorbell()];
  const controller = new AbortController();
  let added = 0;
  let removed = 0;
  for (const bell of bells) {
    const onNextRing = bell.onNextRing.bind(bell);
    bell.onNextRing = (wake) => {
      const cancel = onNextRing(wake);
      added++;
      return () => {
        removed++;
        return cancel();
      };
    };
  }
  const wait = firstRing(bells, controller.signal);
  bells[1]!.ring();
  expect(await over(wait)).toBe(1);
  expect([added, removed]).toEqual([2, 2]);
});

test('a waker that is taken back is not called', () => {
  const bell = new Doorbell();
  let rung = false;
  bell.onNextRing(() => {
    rung = true;
  })();
  bell.ring();
  expect(rung).toBe(false);
});
