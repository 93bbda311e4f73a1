import { performance } from 'node:perf_hooks';
import type { Clock } from './clock.ts';

/** `setTimeout` fires at once where the delay does not fit 31 bits, about 25 days: longer ones are cut into legs. */
export const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * The machine's time: monotonic within a process, so that a corrected wall clock never turns it back.
 * Timers keep the process alive, for somebody awaits them; who stops waiting cancels.
 */
export const systemClock: Clock = {
  nowMs: () => performance.timeOrigin + performance.now(),

  after(delayMs, action) {
    let timer: NodeJS.Timeout;
    const arm = (leftMs: number) => {
      timer =
        leftMs > MAX_TIMEOUT_MS
          ? setTimeout(() => arm(leftMs - MAX_TIMEOUT_MS), MAX_TIMEOUT_MS)
          : setTimeout(action, leftMs);
    };
    arm(delayMs);
    return () => clearTimeout(timer);
  },
};
