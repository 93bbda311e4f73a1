import { afterEach, describe, expect, it, vi } from 'vitest';
import { sleep } from '../../../src/support/clock.ts';
import { MAX_TIMEOUT_MS, systemClock } from '../../../src/support/system-clock.ts';

describe('system clock', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('tells the time since the epoch and never goes back', () => {
    let before = systemClock.nowMs();
    expect(Math.abs(before - Date.now())).toBeLessThan(60_000);
    for (let reading = 0; reading < 1000; reading++) {
      const now = systemClock.nowMs();
      expect(now).toBeGreaterThanOrEqual(before);
      before = now;
    }
  });

  it('wakes a sleeper early when its signal aborts', async () => {
    const controller = new AbortController();
    const sleeping = sleep(systemClock, MAX_TIMEOUT_MS, controller.signal);
    controller.abort();
    await sleeping;
  });

  it('keeps delays that do not fit a timer, and cancels them in any leg', () => {
    vi.useFakeTimers();
    const seen: string[] = [];
    systemClock.after(2 * MAX_TIMEOUT_MS + 5, () => seen.push('kept'));
    const cancel = systemClock.after(MAX_TIMEOUT_MS + 5, () => seen.push('cancelled'));
    vi.advanceTimersByTime(MAX_TIMEOUT_MS + 1);
    cancel();
    vi.advanceTimersByTime(MAX_TIMEOUT_MS + 3);
    expect(seen).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(seen).toEqual(['kept']);
  });
});
