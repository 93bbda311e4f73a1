import { describe, expect, test } from 'vitest';
import { TransitMeter } from '../../../peer/controller/transit-meter.ts';

/** Publishes one update of 100 bytes every 100 ms, which the subscribers take `transitsMs` later. */
function meterOf(transitsMs: readonly number[], updates: number): { meter: TransitMeter; endMs: number } {
  const meter = new TransitMeter();
  for (let sequence = 1; sequence <= updates; sequence++) {
    const nowMs = 100 * sequence;
    meter.published(sequence, 100, nowMs);
    meter.observe(
      transitsMs.map((transitMs) => Math.max(0, Math.floor((nowMs - transitMs) / 100))),
      nowMs,
    );
  }
  return { meter, endMs: 100 * updates };
}

describe('a transit meter', () => {
  test('counts what the median subscriber has taken, whatever a slow one has', () => {
    const { meter, endMs } = meterOf([200, 300, 5_000], 40);
    expect(meter.takenBytesPerSecond()).toBe(1_000);
    expect(meter.excessMs(0, endMs)).toBe(0);
  });

  test('tells how much longer than usual an update is under way, once its word has come', () => {
    const { meter, endMs } = meterOf([200], 40);
    for (let sequence = 41; sequence <= 50; sequence++) meter.published(sequence, 100, endMs);
    meter.observe([45], endMs + 900);
    expect(meter.excessMs(1_000, endMs + 900)).toBe(700);
  });

  test('and from the time since it was published while none comes, but for the patience that words may take', () => {
    const { meter, endMs } = meterOf([200], 40);
    expect(meter.excessMs(1_000, endMs + 1_000)).toBe(0);
    // The oldest that is under way left 100 ms before the end.
    expect(meter.excessMs(1_000, endMs + 3_000)).toBe(1_900);
  });

  test('takes what lasts for usual after a while', () => {
    const meter = new TransitMeter();
    for (let second = 1; second <= 60; second++) {
      meter.published(second, 100, 1_000 * second);
      meter.observe([second], 1_000 * second + (second < 10 ? 50 : 500));
    }
    expect(meter.excessMs(1_000, 60_500)).toBe(0);
  });

  test('begins anew with another origin, whose sequences count from one', () => {
    const { meter, endMs } = meterOf([0], 10);
    meter.published(1, 100, endMs);
    meter.observe([1], endMs + 50);
    meter.published(2, 250, endMs + 100);
    meter.observe([2], endMs + 300);
    expect(meter.excessMs(1_000, endMs + 300)).toBe(200);
  });

  test('measures what is taken from word to word, however many updates one stands for', () => {
    const meter = new TransitMeter();
    for (let sequence = 1; sequence <= 40; sequence++) {
      meter.published(sequence, 100, 100 * sequence);
      meter.observe([sequence - (sequence % 8)], 100 * sequence);
    }
    expect(meter.takenBytesPerSecond()).toBe(1_000);
  });

  test('before anybody has taken anything, only the patience counts', () => {
    const meter = new TransitMeter();
    meter.published(1, 100, 0);
    meter.observe([], 10_000);
    expect(meter.excessMs(1_000, 900)).toBe(0);
    expect(meter.excessMs(1_000, 10_000)).toBe(9_000);
    expect(meter.takenBytesPerSecond()).toBeNull();
  });
});
