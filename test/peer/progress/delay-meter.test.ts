import { expect, test } from 'vitest';
import { DelayMeter } from '../../../peer/progress/delay-meter.ts';

test('without updates or rounds the delay is one round, and there is no age', () => {
  const meter = new DelayMeter();
  expect([meter.delayRounds(), meter.ageSeconds()]).toEqual([1, null]);
  meter.applied({ publishedAtMs: 0, pendingMs: 0 }, 500);
  expect(meter.delayRounds()).toBe(1);
  meter.round(0);
  expect(meter.delayRounds()).toBe(1);
});

test('the delay counts rounds from publication to application, one where no time lies between', () => {
  const meter = new DelayMeter();
  for (let n = 0; n < 200; n++) {
    meter.round(100);
    meter.applied({ publishedAtMs: 1000, pendingMs: 9999 }, 1350);
  }
  expect(meter.delayRounds()).toBeCloseTo(4.5, 6);
  // It follows what changes, within some twenty values.
  for (let n = 0; n < 60; n++) meter.applied({ publishedAtMs: 1000, pendingMs: 0 }, 1000);
  expect(meter.delayRounds()).toBeLessThan(1.01);
});

test('one peer in four with a wrong clock moves the delay by little', () => {
  const meter = new DelayMeter();
  for (let n = 0; n < 1000; n++) {
    meter.round(100);
    meter.applied({ publishedAtMs: n % 4 === 0 ? -(2 ** 31) : 1000, pendingMs: 0 }, 1200);
  }
  expect(meter.delayRounds()).toBeLessThan(12);
});

test('ages count the time in pending, and clocks that are set apart give none below zero', () => {
  const meter = new DelayMeter();
  meter.applied({ publishedAtMs: 1000, pendingMs: 500 }, 1250);
  expect(meter.ageSeconds()).toEqual({ p50: 0.75, p99: 0.75 });
  const ahead = new DelayMeter();
  ahead.applied({ publishedAtMs: 5000, pendingMs: 0 }, 1000);
  expect(ahead.ageSeconds()).toEqual({ p50: 0, p99: 0 });
});

test('quantiles are of the latest ages', () => {
  const meter = new DelayMeter();
  const apply = (ageMs: number) => meter.applied({ publishedAtMs: 0, pendingMs: 0 }, ageMs);
  for (let n = 1; n <= 1000; n++) apply(n);
  expect(meter.ageSeconds()!.p50).toBeCloseTo(0.5, 2);
  expect(meter.ageSeconds()!.p99).toBeCloseTo(0.99, 2);
  for (let n = 0; n < 5000; n++) apply(7000);
  expect(meter.ageSeconds()).toEqual({ p50: 7, p99: 7 });
});
