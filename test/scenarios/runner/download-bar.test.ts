import { expect, test } from 'vitest';
import { downloadBar } from '../../../scenarios/runner/download-bar.ts';

function written(isTTY: boolean, steps: number[]): string {
  let text = '';
  const write = (part: string) => {
    text += part;
    return true;
  };
  const bar = downloadBar({ isTTY, write } as Parameters<typeof downloadBar>[0]);
  for (const bytes of steps) bar('images.gz', bytes, 200);
  return text;
}

test('a terminal sees the bar grow in place', () => {
  const text = written(true, [0, 100, 200]);
  expect(text.split('\r').slice(1)).toEqual([
    `downloading images.gz  ${'.'.repeat(30)}  0 %`,
    `downloading images.gz  ${'#'.repeat(15)}${'.'.repeat(15)}  50 %`,
    `downloading images.gz  ${'#'.repeat(30)}  100 %\n`,
  ]);
});

test('elsewhere there is one line a file, when it is whole', () => {
  expect(written(false, [0, 100, 200])).toBe(`downloading images.gz  ${'#'.repeat(30)}  100 %\n`);
});
