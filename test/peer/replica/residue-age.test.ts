import { expect, test } from 'vitest';
import { mass, ResidueAge } from '../../../peer/replica/residue-age.ts';

test('steps since the last publication count from the middle of that time', () => {
  const age = new ResidueAge(1, 1000);
  expect(age.publish(0, 5, 0, 1100)).toBe(50);
  expect(age.publish(0, 5, 0, 1400)).toBe(150);
});

test('residue keeps its own mean time, weighed by mass', () => {
  const age = new ResidueAge(1, 0);
  expect(age.publish(0, 4, 3, 100)).toBe(50);
  // A quarter is new, from 150 on average; three quarters are from 50 on average.
  expect(age.publish(0, 4, 0, 200)).toBe(200 - (0.25 * 150 + 0.75 * 50));
});

test('partitions age apart, longer the rarer their turn', () => {
  const age = new ResidueAge(2, 0);
  expect(age.publish(0, 1, 0, 100)).toBe(50);
  expect(age.publish(1, 1, 0, 200)).toBe(100);
  expect(age.publish(0, 1, 0, 300)).toBe(100);
});

test('no mass, and mass that fell without a publication, give no age below zero nor NaN', () => {
  const age = new ResidueAge(1, 0);
  expect(age.publish(0, 0, 0, 10)).toBe(5);
  age.publish(0, 9, 9, 20);
  expect(age.publish(0, 3, 0, 30)).toBeGreaterThan(0);
  expect(age.publish(0, 1, 0, 0)).toBe(0);
});

test('mass is the sum of magnitudes over a stretch', () => {
  expect(mass(Float32Array.of(1, -2, 4, -8), 1, 3)).toBe(6);
  expect(mass(Float32Array.of(1), 1, 1)).toBe(0);
});
