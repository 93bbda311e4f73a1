import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_MERGED, MERGE_ABOVE, maxFrameBytes } from '../../../protocols/updates/constants.ts';
import { decodeFrame, decodeUpdate, encodeFrame, type Frame } from '../../../protocols/updates/frame.ts';
import { merged } from '../../../protocols/updates/merge.ts';
import { denseFp32Code } from '../../../src/compression/dense-fp32.ts';
import { latticeValuesCode, writeValues } from '../../../src/compression/lattice-values.ts';
import { MAX_MAGNITUDE } from '../../../src/compression/magnitude.ts';
import { signMagnitudeCode } from '../../../src/compression/sign-magnitude.ts';
import { layoutOf } from '../../../src/models/layout.ts';
import { partitionRange } from '../../../src/sum/delta.ts';
import { ReplicatedSum } from '../../../src/sum/replicated-sum.ts';
import type { LogEntry } from '../../../src/sum/update-log.ts';
import { type Random, seededRandom } from '../../../src/support/random.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';
import { UpdateNode } from '../../support/update-node.ts';

const origin = 'p/0000000000000001';
const unit = 2 ** -24;
const layout = layoutOf([
  { name: 'kernel', shape: [60, 20] },
  { name: 'bias', shape: [20] },
]);
const context = { layout, unit, nowMs: 5_000 };

function entryOf(
  random: Random,
  to: number,
  { density = 0.02, ...replaced }: Partial<Frame> & { density?: number } = {},
) {
  const partitions = 4;
  const partition = to % partitions;
  const range = partitionRange(partition, partitions, layout.size);
  const pending = new Float32Array(layout.size).map(() => 0.01 * random.normal());
  const inside = Array.from({ length: range.high - range.low }, (_, i) => range.low + i);
  const chosen = Uint32Array.from(inside.filter(() => random.uniform() < density));
  const { encoded } = signMagnitudeCode.encode(pending, chosen, { layout, range, unit });
  const frame: Frame = {
    ...{ from: to - 1, to, samples: 100 * to, publishedAtMs: 100 * to, pendingMs: 50, partition, partitions },
    ...{ code: signMagnitudeCode.id, fingerprint: [to, 7], signature: null, ...encoded, ...replaced },
  };
  return { origin, from: frame.from, to: frame.to, bytes: encodeFrame(frame) };
}

function applied(entries: readonly LogEntry[]): ReplicatedSum {
  const sum = new ReplicatedSum(new Int32Array(layout.size), 3);
  for (const { from, to, bytes } of entries) {
    const delta = decodeUpdate(decodeFrame(bytes, context), layout, unit);
    expect(sum.apply({ origin, from, to, delta })).toBe('next');
  }
  return sum;
}

describe('a merged update', () => {
  test('adds what its parts add one after the other, and merges again', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 12, max: MAX_MERGED }), fc.nat({ max: 10 }), (seed, count, first) => {
        const random = seededRandom(seed);
        const entries = Array.from({ length: count }, (_, n) => entryOf(random, n + 1));
        const rest = entries.slice(first);
        const whole = merged(rest, context);
        if (whole === null) return;
        expect([whole.from, whole.to]).toEqual([first, count]);
        const [alone, joint] = [applied(entries), applied([...entries.slice(0, first), whole])];
        expect(joint.values).toEqual(alone.values);
        expect(joint.fingerprint()).toEqual(alone.fingerprint());
        expect([...joint.vector.entries()]).toEqual([...alone.vector.entries()]);
        const parts = rest.reduce((total, { bytes }) => total + bytes.length, 0);
        expect(whole.bytes.length).toBeLessThan(parts);
        const half = merged(entries.slice(0, count >> 1), context);
        if (half === null) return;
        // Where most is merged already there may be nothing left to save.
        const second = entries.slice(count >> 1);
        const again = merged([half, ...second], context);
        expect(applied(again === null ? [half, ...second] : [again]).values).toEqual(alone.values);
      }),
      { numRuns: 30 },
    );
  });

  test('tells what the last one tells, and how old all of it is', () => {
    const random = seededRandom(1);
    const frame = decodeFrame(
      merged(
        [1, 2, 3].map((to) => entryOf(random, to)),
        context,
      )!.bytes,
      context,
    );
    expect(frame).toMatchObject({
      from: 0,
      to: 3,
      samples: 300,
      publishedAtMs: 300,
      pendingMs: 150,
      fingerprint: [3, 7],
    });
  });

  test('is not made of dense, signed or broken ones, where nothing is saved, or of a sum that no update may be', () => {
    const random = seededRandom(2);
    const entries = [1, 2, 3].map((to) => entryOf(random, to));
    expect(merged(entries, context)).not.toBe(null);
    const range = partitionRange(0, 1, layout.size);
    const { encoded } = denseFp32Code.encode(new Float32Array(layout.size), null, { layout, range, unit });
    const dense = { code: denseFp32Code.id, partition: 0, partitions: 1, ...encoded };
    const large = (value: number): Partial<Frame> => {
      const payload = writeValues(Uint32Array.of(5), Int32Array.of(value), range);
      return { code: latticeValuesCode.id, partition: 0, partitions: 1, magnitudes: [], payload };
    };
    const first = (replaced: Partial<Frame>) => merged([entryOf(random, 1, replaced), ...entries.slice(1)], context);
    expect(first(dense)).toBe(null);
    expect(first({ signature: new Uint8Array(64) })).toBe(null);
    expect(merged([{ ...entries[0]!, bytes: Uint8Array.of(9) }, ...entries.slice(1)], context)).toBe(null);
    expect(merged(entries.slice(0, 1), context)).toBe(null);
    expect(merged([entryOf(random, 1, large(MAX_MAGNITUDE)), entryOf(random, 2, large(MAX_MAGNITUDE))], context)).toBe(
      null,
    );
    expect(merged([entryOf(random, 1, large(MAX_MAGNITUDE)), entryOf(random, 2, large(-5))], context)).not.toBe(null);
    expect(maxFrameBytes(layout)).toBeGreaterThan(entries[0]!.bytes.length);
  });
});

test('who is far behind gets merged updates, and passes them on; who stands within one is told so', () => {
  const world = new SimulatedWorld();
  return world.run(async () => {
    const [a, b, c] = [
      await UpdateNode.start(world, 'a'),
      await UpdateNode.start(world, 'b'),
      await UpdateNode.start(world, 'c'),
    ];
    a.publish(MERGE_ABOVE + 5);
    await b.meet(a);
    await c.meet(b);
    const ofB = b.feedOf(world, 'a', ['a']);
    await world.until(() => b.inbox.arrived.get(a.origin) === MERGE_ABOVE + 5);
    expect(b.absorb()).toHaveLength(1);
    const ofC = c.feedOf(world, 'b', ['a']);
    await world.until(() => c.inbox.arrived.get(a.origin) === MERGE_ABOVE + 5);
    expect(b.log.beyond(a.origin, 3, 1)).toEqual({ floor: MERGE_ABOVE + 5, entries: [] });
    expect(b.log.beyond(a.origin, 0, 1).entries).toHaveLength(1);
    const d = await UpdateNode.start(world, 'd');
    d.inbox.rebase([[a.origin, 3]]);
    await d.meet(b);
    const ofD = d.feedOf(world, 'b', ['a']);
    await world.until(() => ofD.tooFarBehind.length > 0);
    expect(ofD.tooFarBehind).toEqual([[a.origin, MERGE_ABOVE + 5]]);
    await Promise.all([ofB, ofC, ofD].map((feed) => feed.stop()));
    expect([...a.invalid, ...b.invalid, ...c.invalid, ...d.invalid]).toEqual([]);
  });
});
