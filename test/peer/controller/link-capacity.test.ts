import { describe, expect, test } from 'vitest';
import { LinkCapacity } from '../../../peer/controller/link-capacity.ts';

const UNBOUNDED = Number.POSITIVE_INFINITY;

/** A sender that uses what it is allowed, on a link whose queue is modelled exactly; a look a second. */
function follow(capacity: LinkCapacity, linkOf: (second: number) => number, seconds: number): number[] {
  let queueBytes = 0;
  return Array.from({ length: seconds }, (_, second) => {
    const link = linkOf(second);
    const sent = capacity.allowedBytesPerSecond;
    const delivered = Math.min(link, queueBytes + sent);
    queueBytes += sent - delivered;
    capacity.observe({
      nowMs: 1_000 * second,
      elapsedMs: 1_000,
      sentBytesPerSecond: sent,
      deliveredBytesPerSecond: delivered,
      queueMs: (1_000 * queueBytes) / link,
    });
    return sent;
  });
}

describe('the capacity of a link', () => {
  test('is found from a first guess far below, and used to nine tenths with hardly a queue', () => {
    const sent = follow(new LinkCapacity(1_000, UNBOUNDED), () => 100_000, 60);
    const late = sent.slice(30);
    expect(Math.max(...late)).toBeLessThan(130_000);
    expect(late.reduce((sum, each) => sum + each, 0) / late.length).toBeGreaterThan(75_000);
  });

  test.each([
    ['falls to a tenth', 100_000, 10_000],
    ['grows tenfold', 10_000, 100_000],
  ])('is found again within 30 s where it %s', (_, before, after) => {
    const capacity = new LinkCapacity(1_000, UNBOUNDED);
    const sent = follow(capacity, (second) => (second < 40 ? before : after), 90);
    const settled = sent.slice(70);
    expect(Math.max(...settled)).toBeLessThan(1.3 * after);
    expect(settled.reduce((sum, each) => sum + each, 0) / settled.length).toBeGreaterThan(0.7 * after);
  });

  test('is never used beyond a budget, and from the start where one is stated', () => {
    const sent = follow(new LinkCapacity(UNBOUNDED, 50_000), () => 100_000, 40);
    for (const each of sent) expect(each).toBeCloseTo(50_000, 3);
  });

  test('is not looked for where nobody asks for more', () => {
    const capacity = new LinkCapacity(1_000, UNBOUNDED);
    const idle = { elapsedMs: 1_000, sentBytesPerSecond: 100, deliveredBytesPerSecond: 100, queueMs: 0 };
    for (let second = 0; second < 20; second++) capacity.observe({ nowMs: 1_000 * second, ...idle });
    expect(capacity.allowedBytesPerSecond).toBe(900);
  });
});
