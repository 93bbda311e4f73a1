import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineSplitter } from '../../../scenarios/runner/line-splitter.ts';

function split(maxBytes: number, chunks: readonly Buffer[]) {
  const lines: string[] = [];
  let tooLong = 0;
  const splitter = new LineSplitter(
    maxBytes,
    (line) => lines.push(line),
    () => tooLong++,
  );
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return { lines, tooLong };
}

describe('lines of bounded length', () => {
  test('are the same however the bytes are cut', () => {
    const text = fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '\n', '\u{1f426}') }));
    fc.assert(
      fc.property(text, fc.array(fc.nat(12)), fc.nat(12), (parts, sizes, maxBytes) => {
        const whole = Buffer.from(parts.join('\n'));
        const chunks: Buffer[] = [];
        let at = 0;
        for (const size of sizes) chunks.push(whole.subarray(at, (at += size)));
        chunks.push(whole.subarray(at));
        const all = whole.toString().split('\n');
        const fits = (line: string) => Buffer.byteLength(line) <= maxBytes;
        expect(split(maxBytes, chunks)).toEqual({
          lines: all.filter((line) => line !== '' && fits(line)),
          tooLong: all.filter((line) => !fits(line)).length,
        });
      }),
    );
  });

  test('hold no more than their bound while one comes in', () => {
    const splitter = new LineSplitter(
      100,
      () => {},
      () => {},
    );
    const before = process.memoryUsage().arrayBuffers;
    for (let count = 0; count < 200; count++) splitter.push(Buffer.alloc(1 << 20, 'x'));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(150 << 20);
  });
});
