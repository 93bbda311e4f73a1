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

interface Held {
  readonly origin: string;
  readonly from: number;
  readonly to: number;
  readonly length: number;
}

/** A log as a plain list in order of arrival: slow and plain to see through. */
class PlainLog {
  held: Held[] = [];
  readonly floors = new Map<string, number>();
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.held.reduce((bytes, { length }) => bytes + length + ENTRY_OVERHEAD_BYTES, 0);
  }

  end(origin: string): number {
    return this.held.findLast((entry) => entry.origin === origin)?.to ?? this.floors.get(origin) ?? 0;
  }

  append(entry: Held): void {
    if (!this.floors.has(entry.origin) || entry.from !== this.end(entry.origin)) {
      this.held = this.held.filter(({ origin }) => origin !== entry.origin);
      this.floors.set(entry.origin, entry.from);
    }
    this.held.push(entry);
    while (this.bytes > this.#maxBytes) {
      const { origin, to } = this.held.shift()!;
      this.floors.set(origin, to);
    }
  }

  forget(origin: string, above: number): void {
    this.held = this.held.filter((entry) => entry.origin !== origin || entry.to <= above);
    if (this.floors.has(origin)) this.floors.set(origin, Math.min(this.floors.get(origin)!, above));
  }
}

const changes = fc.array(
  fc.record({
    kind: fc.constantFrom('append', 'append', 'append', 'skip', 'forget'),
    origin: fc.constantFrom('o0', 'o1', 'o2'),
    span: fc.integer({ min: 1, max: 3 }),
    length: fc.nat(100),
    by: fc.nat(12),
  }),
  { maxLength: 200 },
);

test('whatever is forgotten and wherever a log starts anew, it holds, counts and evicts what a plain list does', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1000, max: 20_000 }), changes, (maxBytes, steps) => {
      const log = new UpdateLog(maxBytes);
      const plain = new PlainLog(maxBytes);
      for (const { kind, origin, span, length, by } of steps) {
        if (kind === 'forget') {
          const above = Math.max(0, plain.end(origin) - by);
          log.forget(origin, above);
          plain.forget(origin, above);
        } else {
          const from = plain.end(origin) + (kind === 'skip' ? by : 0);
          log.append({ origin, from, to: from + span, bytes: new Uint8Array(length) });
          plain.append({ origin, from, to: from + span, length });
        }
        expect(log.bytes).toBe(plain.bytes);
        for (const name of ['o0', 'o1', 'o2']) expect(log.floor(name)).toBe(plain.floors.get(name) ?? 0);
      }
      for (const { origin, from, to, length } of plain.held) {
        expect(log.entryFrom(origin, from)).toMatchObject({ to, bytes: { length } });
      }
      for (const name of ['o0', 'o1', 'o2']) {
        const starts = plain.held.filter(({ origin }) => origin === name).map(({ from }) => from);
        for (let from = 0; from < plain.end(name); from++) {
          if (!starts.includes(from)) expect(log.entryFrom(name, from)).toBe(null);
        }
        expect(log.entryFrom(name, plain.end(name))).toBe(null);
      }
    }),
  );
});

test('after a replica was adopted a log ends where its vector does, and goes on from there', () => {
  const log = new UpdateLog(2 ** 20);
  const bytes = new Uint8Array(1);
  for (let from = 0; from < 6; from++) log.append({ origin: 'o', from, to: from + 1, bytes });
  log.forget('o', 4);
  expect(log.entryFrom('o', 3)?.to).toBe(4);
  expect(log.entryFrom('o', 4)).toBe(null);
  log.append({ origin: 'o', from: 4, to: 5, bytes });
  expect(log.floor('o')).toBe(0);
  log.append({ origin: 'o', from: 9, to: 10, bytes });
  expect(log.floor('o')).toBe(9);
  expect(log.entryFrom('o', 3)).toBe(null);
  expect(log.entryFrom('o', 9)?.to).toBe(10);
  expect(log.bytes).toBe(1 + ENTRY_OVERHEAD_BYTES);
});

test('an update merged across the sequence beyond which is forgotten goes whole', () => {
  const log = new UpdateLog(2 ** 20);
  log.append({ origin: 'o', from: 0, to: 2, bytes: new Uint8Array(1) });
  log.append({ origin: 'o', from: 2, to: 6, bytes: new Uint8Array(1) });
  log.forget('o', 4);
  expect(log.entryFrom('o', 2)).toBe(null);
  log.append({ origin: 'o', from: 4, to: 5, bytes: new Uint8Array(1) });
  expect(log.floor('o')).toBe(4);
  expect(log.entryFrom('o', 0)).toBe(null);
});

test('an origin’s log starts anew where a vector came to stand, unless it ends there', () => {
  const log = new UpdateLog(2 ** 20);
  for (let from = 0; from < 3; from++) log.append({ origin: 'o', from, to: from + 1, bytes: new Uint8Array(1) });
  log.restart('o', 3);
  expect([log.floor('o'), log.entryFrom('o', 0)?.to]).toEqual([0, 1]);
  log.restart('o', 9);
  expect([log.floor('o'), log.entryFrom('o', 0), log.bytes]).toEqual([9, null, 0]);
  log.restart('new', 4);
  expect([log.floor('new'), [...log.origins()]]).toEqual([4, ['o', 'new']]);
  log.append({ origin: 'new', from: 4, to: 5, bytes: new Uint8Array(1) });
  expect(log.entryFrom('new', 4)?.to).toBe(5);
});

test('a merged entry is found by who stands where it begins, and by who stands within', () => {
  const log = new UpdateLog(2 ** 20);
  const append = (from: number, to: number) => log.append({ origin: 'o', from, to, bytes: new Uint8Array(1) });
  append(2, 3);
  append(3, 8);
  append(8, 9);
  expect([1, 2, 3, 4, 7, 8, 9].map((from) => log.beyond('o', from, 1).floor)).toEqual([2, 2, 2, 8, 8, 2, 2]);
  expect(log.beyond('another', 0, 1)).toEqual({ floor: 0, entries: [] });
  const ends = (from: number, most: number) => log.beyond('o', from, most).entries.map(({ to }) => to);
  expect([ends(2, 9), ends(2, 2), ends(5, 9), ends(8, 1), ends(9, 9)]).toEqual([[3, 8, 9], [3, 8], [], [9], []]);
});
