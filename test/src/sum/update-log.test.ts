import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ENTRY_OVERHEAD_BYTES, UpdateLog } from '../../../src/sum/update-log.ts';

test('whatever is evicted, each origin keeps an unbroken tail above its floor, within the bound', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10_000 }),
      fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 100 })), { maxLength: 300 }),
      (maxBytes, arrivals) => {
        const log = new UpdateLog(maxBytes);
        const sequences = [0, 0, 0, 0];
        for (const [origin, length] of arrivals) {
          const from = sequences[origin]!++;
          log.append({ origin: `o${origin}`, from, to: from + 1, bytes: new Uint8Array(length) });
          expect(log.bytes).toBeLessThanOrEqual(maxBytes);
        }
        sequences.forEach((sequence, origin) => {
          const floor = log.floor(`o${origin}`);
          for (let from = 0; from < sequence; from++) {
            expect(log.entryFrom(`o${origin}`, from)?.from).toBe(from < floor ? undefined : from);
          }
          expect(log.entryFrom(`o${origin}`, sequence)).toBe(null);
        });
      },
    ),
  );
});

test('eviction over thousands of entries keeps its own bookkeeping bounded', () => {
  const log = new UpdateLog(100 * (10 + ENTRY_OVERHEAD_BYTES));
  for (let from = 0; from < 20_000; from++) log.append({ origin: 'o', from, to: from + 1, bytes: new Uint8Array(10) });
  expect(log.floor('o')).toBe(19_900);
  expect(log.entryFrom('o', 19_899)).toBe(null);
  expect(log.entryFrom('o', 19_900)?.to).toBe(19_901);
});

test('an entry without content counts, too', () => {
  const log = new UpdateLog(10 * ENTRY_OVERHEAD_BYTES);
  for (let from = 0; from < 11; from++) log.append({ origin: 'o', from, to: from + 1, bytes: new Uint8Array(0) });
  expect(log.bytes).toBe(10 * ENTRY_OVERHEAD_BYTES);
  expect(log.floor('o')).toBe(1);
});
