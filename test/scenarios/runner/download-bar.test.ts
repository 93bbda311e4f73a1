import { expect, test } from 'vitest';
import { showDownloads } from '../../../scenarios/runner/download-bar.ts';

async function written(isTTY: boolean, steps: number[], failure?: Error): Promise<string> {
  let text = '';
  const write = (part: string) => {
    text += part;
    return true;
  };
  const downloading = showDownloads({ isTTY, write }, async (onProgress) => {
    for (const bytes of steps) onProgress('images.gz', bytes, 200);
    if (failure) throw failure;
  });
  if (failure) await expect(downloading).rejects.toBe(failure);
  else await downloading;
  return text;
}

test('a terminal sees the bar grow in place', async () => {
  const text = await written(true, [0, 100, 200]);
  expect(text.split('\r').slice(1)).toEqual([
    `downloading images.gz  ${'.'.repeat(30)}  0 %`,
    `downloading images.gz  ${'#'.repeat(15)}${'.'.repeat(15)}  50 %`,
    `downloading images.gz  ${'#'.repeat(30)}  100 %\n`,
  ]);
});

test('elsewhere there is one line a file, when it is whole', async () => {
  expect(await written(false, [0, 100, 200])).toBe(`downloading images.gz  ${'#'.repeat(30)}  100 %\n`);
  expect(await written(false, [0, 100], new Error('gone'))).toBe('');
});

test('a bar that came to no end leaves its line', async () => {
  expect(await written(true, [0, 100])).toMatch(/50 %\n$/);
  expect(await written(true, [0, 100], new Error('gone'))).toMatch(/50 %\n$/);
  expect(await written(true, [0, 200], new Error('gone'))).toMatch(/100 %\n$/);
  expect(await written(true, [], new Error('gone'))).toBe('');
});
