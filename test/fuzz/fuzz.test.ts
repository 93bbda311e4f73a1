import { describe, expect, test } from 'vitest';
import { packTuple } from '../../protocols/flat-tuple.ts';
import { differingSections } from '../../protocols/hello/messages.ts';
import { decodeStatus } from '../../protocols/status/messages.ts';
import { decodeReceiverMessage, decodeSourceMessage } from '../../protocols/updates/messages.ts';
import { manifestDigests } from '../../src/manifest.ts';
import { testManifest } from '../support/manifest.ts';
import { type FuzzTarget, fuzz } from './fuzz.ts';
import { casesOf, targets } from './targets.ts';

/** A small part of what `npm run fuzz` does, on another seed. */
const CASES = 25_000;
/** A few times the longest message here, as lists of JavaScript; what is freed late counts, too. */
const MAX_GROWTH_BYTES = 2 ** 28;

describe('hostile input is read or refused with a code, and nothing else', () => {
  test.each(targets.map((target) => [target.name, target] as const))('%s', async (_name, target) => {
    const { failures, read, refused, cases } = await fuzz(target, { seed: 'test', cases: casesOf(target, CASES) });
    expect(failures).toEqual([]);
    // Mutations that are all refused at the first byte, or none, would show nothing.
    expect(read).toBeGreaterThan(cases / 100);
    expect(read + refused).toBe(cases);
    if (target.codes.length > 0) expect(refused).toBeGreaterThan(cases / 10);
  });
});

describe('the fuzzer', () => {
  const target = (attempt: FuzzTarget['attempt']): FuzzTarget => ({
    name: 'stand-in',
    perMille: 1,
    codes: ['MESSAGE_INVALID'],
    attempt,
  });

  test('tells which case failed, and draws the same input for it alone', async () => {
    const draws: number[] = [];
    const broken = target((random) => {
      draws.push(random.below(1000));
      if (draws.at(-1)! < 100) throw new TypeError('broken');
    });
    const { failures, cases } = await fuzz(broken, { seed: '1', cases: 1000 });
    expect(failures).toHaveLength(5);
    expect(cases).toBeLessThan(1000);
    const { index, error } = failures[2]!;
    expect(error).toEqual(new TypeError('broken'));
    const again = await fuzz(broken, { seed: '1', first: index, cases: 1 });
    expect(again.failures.map((failure) => failure.index)).toEqual([index]);
    expect(draws.at(-1)).toBe(draws[index]);
  });

  test('takes a code that is not of its target for a failure, as it does memory that stays', async () => {
    const other = await fuzz(
      target(() => decodeUnknown()),
      { seed: '1', cases: 1 },
    );
    expect(other.failures).toHaveLength(1);
    const kept: Uint8Array[] = [];
    const leaking = target(() => void kept.push(new Uint8Array(2 ** 27).fill(1)));
    expect((await fuzz(leaking, { seed: '1', cases: 1 }, async () => {})).failures).toHaveLength(1);
  });
});

function decodeUnknown(): void {
  testManifest({ peers: -1 });
}

test('messages as long as they may be, made of what is dearest to read, take no more memory than they should', () => {
  const digests = manifestDigests(testManifest());
  const readers: ((bytes: Uint8Array) => unknown)[] = [
    (bytes) => decodeReceiverMessage(bytes, 2 ** 21),
    (bytes) => decodeSourceMessage(bytes, 2 ** 20),
    (bytes) => decodeStatus(bytes, 'a'),
    (bytes) => differingSections(bytes, digests),
  ];
  const dear = [
    packTuple([0, Array.from({ length: 65_535 }, () => 1), Array.from({ length: 65_535 }, () => [1, 2, 3]), 1]),
    packTuple([0, Array.from({ length: 65_535 }, () => ''), Array.from({ length: 65_535 }, () => []), 1]),
    packTuple(Array.from({ length: 31 }, () => Array.from({ length: 65_535 }, () => 1))),
    packTuple([0, ['a'], Array.from({ length: 8_192 }, () => ['!'.repeat(200), 1]), 1]),
  ];
  for (const bytes of dear) {
    for (const read of readers) {
      const before = process.memoryUsage();
      expect(() => read(bytes)).toThrow(expect.objectContaining({ code: 'MESSAGE_INVALID' }));
      const after = process.memoryUsage();
      const grown = after.heapUsed + after.external - before.heapUsed - before.external;
      expect(grown).toBeLessThan(MAX_GROWTH_BYTES);
    }
  }
});
