import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import { MAX_COUNT } from '../../../protocols/tuples.ts';
import { FRAME_VERSION, MAX_PENDING_MS, maxFrameBytes, SIGNATURE_BYTES } from '../../../protocols/updates/constants.ts';
import { decodeFrame, decodeUpdate, encodeFrame, type Frame } from '../../../protocols/updates/frame.ts';
import { MAX_MAGNITUDE } from '../../../src/compression/magnitude.ts';
import { signMagnitudeCode } from '../../../src/compression/sign-magnitude.ts';
import { updateCode, updateCodes } from '../../../src/compression/update-codes.ts';
import { MAX_PARTITIONS } from '../../../src/manifest.ts';
import { layoutOf } from '../../../src/models/layout.ts';
import { partitionRange } from '../../../src/sum/delta.ts';
import { isFailure } from '../../../src/support/errors.ts';
import { seededRandom } from '../../../src/support/random.ts';

const unit = 2 ** -24;
const nowMs = 1_790_000_000_000.25;
const layout = layoutOf([
  { name: 'kernel', shape: [40, 10] },
  { name: 'bias', shape: [10] },
  { name: 'out', shape: [10, 3] },
]);
const context = { layout, nowMs };

const typical: Frame = {
  from: 299,
  to: 300,
  samples: 76_800,
  publishedAtMs: 1_790_000_000_000 - 1500,
  pendingMs: 90,
  partition: 2,
  partitions: 4,
  code: 1,
  magnitudes: [41_000, 23_000],
  payload: Uint8Array.of(0x01, 0x88, 0x40),
  fingerprint: null,
  signature: null,
};

const uint32 = fc.nat({ max: 2 ** 32 - 1 });
const frames: fc.Arbitrary<Frame> = fc
  .record({
    from: fc.oneof(fc.nat({ max: 1000 }), fc.nat({ max: MAX_COUNT - 1 })),
    span: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 1000 })),
    samples: fc.oneof(fc.nat({ max: 100_000 }), fc.nat({ max: MAX_COUNT })),
    agoMs: fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 }),
    partitions: fc.integer({ min: 1, max: MAX_PARTITIONS }),
    partition: fc.nat(),
    code: fc.nat({ max: 255 }),
    magnitudes: fc.array(fc.integer({ min: 1, max: MAX_MAGNITUDE }), { maxLength: 3 }),
    payload: fc.uint8Array({ maxLength: 400 }),
    fingerprint: fc.option(fc.tuple(uint32, uint32), { nil: null }),
    signature: fc.option(fc.uint8Array({ minLength: SIGNATURE_BYTES, maxLength: SIGNATURE_BYTES }), { nil: null }),
  })
  .map(({ span, agoMs, ...frame }) => ({
    ...frame,
    to: Math.min(frame.from + span, MAX_COUNT),
    publishedAtMs: Math.round(nowMs) - agoMs,
    pendingMs: Math.abs(agoMs % 1000),
    partition: frame.partition % frame.partitions,
  }));

function expectRefused(bytes: Uint8Array, field: string): void {
  const failure = expect.objectContaining({ code: 'MESSAGE_INVALID', message: 'frame', field });
  expect(() => decodeFrame(bytes, context)).toThrow(expect.objectContaining({ failure }));
}

/** A frame as any sender might pack it: the typical one's fields with some replaced, or with others behind. */
function packed(replaced: Record<number, unknown>): Uint8Array {
  const { to, samples, partition, partitions, code, magnitudes, payload } = typical;
  const fields: unknown[] = [FRAME_VERSION, to, 1, samples, 0, 90, partition, partitions, code, magnitudes, payload];
  for (const [index, value] of Object.entries(replaced)) fields[Number(index)] = value;
  return new Packr({ useRecords: false }).pack(fields);
}

describe('a frame', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(frames, (frame) => {
        const bytes = encodeFrame(frame);
        expect(decodeFrame(bytes, context)).toEqual(frame);
        expect(bytes.buffer.byteLength).toBe(bytes.length);
        expect(bytes.length).toBeLessThanOrEqual(maxFrameBytes(layout));
      }),
      { numRuns: 1000 },
    );
  });

  test('has these bytes, for whoever writes another implementation', () => {
    const plain = '9b01cd012c01ce00012c00cec45066245a02040192cda028cd59d8c403018840';
    expect(Buffer.from(encodeFrame(typical)).toString('hex')).toBe(plain);
    const signature = new Uint8Array(SIGNATURE_BYTES).fill(7);
    const whole = encodeFrame({ ...typical, fingerprint: [1, 0xdeadbeef], signature });
    expect(Buffer.from(whole).toString('hex')).toBe(
      `9d${plain.slice(2)}9201cedeadbeefc440${'07'.repeat(SIGNATURE_BYTES)}`,
    );
    expect(decodeFrame(whole, context).signature).toEqual(signature);
  });

  test('has a head of 38 bytes at the most where it is typical', () => {
    const payload = new Uint8Array(760);
    const frame = {
      ...typical,
      samples: 3_000_000,
      to: 60_000,
      from: 59_999,
      magnitudes: [41_000, 60_000, 9_000],
      payload,
    };
    expect(encodeFrame(frame).length - payload.length).toBeLessThanOrEqual(38);
  });

  test('of whole parameters fits the bound', () => {
    const pending = new Float32Array(layout.size).fill(1);
    const signature = new Uint8Array(SIGNATURE_BYTES);
    for (const code of updateCodes) {
      const { encoded } = code.encode(pending, null, { layout, range: { low: 0, high: layout.size }, unit });
      const frame: Frame = { ...typical, ...encoded, partition: 0, partitions: 1, code: code.id, signature };
      const bytes = encodeFrame({
        ...frame,
        from: 0,
        to: MAX_COUNT,
        samples: MAX_COUNT,
        fingerprint: [2 ** 31, 2 ** 31],
      });
      expect(bytes.length).toBeLessThanOrEqual(maxFrameBytes(layout));
      expect(decodeFrame(bytes, context).payload).toEqual(encoded.payload);
    }
  });

  test('gives its delta through the partition and the code that it names', () => {
    const range = partitionRange(2, 4, layout.size);
    const pending = new Float32Array(layout.size).map((_, i) => Math.sin(i));
    const positions = Uint32Array.of(range.low, range.low + 7, range.high - 1);
    const { encoded, delta } = signMagnitudeCode.encode(pending, positions, { layout, range, unit });
    const bytes = encodeFrame({ ...typical, ...encoded });
    expect(decodeUpdate(decodeFrame(bytes, context), layout, unit)).toEqual(delta);
  });

  test('tells its time near the clock of its reader, before and after 32 bits wrap', () => {
    const wrap = 417 * 2 ** 32;
    for (const [publishedAtMs, receivedMs] of [
      [wrap - 5, wrap + 5],
      [wrap + 5.4, wrap - 5],
      [3, 0],
    ] as const) {
      const bytes = encodeFrame({ ...typical, publishedAtMs });
      expect(decodeFrame(bytes, { layout, nowMs: receivedMs }).publishedAtMs).toBe(Math.round(publishedAtMs));
    }
  });
});

describe('a frame is refused', () => {
  test('longer than any of the model', () => {
    expectRefused(new Uint8Array(maxFrameBytes(layout) + 1), 'length');
  });

  test('with an unknown version', () => {
    expectRefused(packed({ 0: 2 }), 'version');
  });

  test('with another number of fields', () => {
    expectRefused(encodeFrame(typical).subarray(0, -1), 'form');
    expectRefused(packed({ 11: null, 12: null, 13: 1 }), 'form');
    expectRefused(new Packr().pack([FRAME_VERSION, 1, 1]), 'form');
  });

  test('with bytes behind its end', () => {
    expectRefused(Buffer.concat([encodeFrame(typical), Buffer.of(0)]), 'form');
  });

  test('with anything else than numbers, lists, text and byte strings', () => {
    const nest = Array.from({ length: 100 }).reduce<unknown>((inner) => [inner], 1);
    for (const odd of [{ a: 1 }, true, 1n << 60n, new Date(0), nest]) {
      expectRefused(packed({ 10: odd }), 'form');
    }
    // A list that claims four billion members, and one that claims more than follow.
    expectRefused(Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff), 'form');
    expectRefused(Uint8Array.of(0xdc, 0xff, 0xff, 1), 'form');
    expectRefused(new Uint8Array(0), 'form');
  });

  test.each([
    ['to', 1, [0, -1, 1.5, MAX_COUNT + 1, null, [1]]],
    ['span', 2, [0, -1, 301, Buffer.of(1)]],
    ['samples', 3, [-1, 0.5, MAX_COUNT + 1, Number.NaN]],
    ['publishedAtMs', 4, [-1, 2 ** 32]],
    ['pendingMs', 5, [-1, 0.5, MAX_PENDING_MS + 1]],
    ['partition', 6, [-1, 4, null]],
    ['partitions', 7, [0, MAX_PARTITIONS + 1]],
    ['code', 8, [-1, 256]],
    ['magnitudes', 9, ['1', null, 1, [0], [1, -1], [MAX_MAGNITUDE + 1], [1.5], [[1]], [null], [1, 1, 1, 1]]],
    ['payload', 10, [null, 'text', 1, [1, 2]]],
    ['fingerprint', 11, [1, [], [1], [1, 2, 3], [1, -1], [0.5, 1], [2 ** 32, 1]]],
    ['signature', 12, [1, [1], new Uint8Array(63), new Uint8Array(65)]],
  ])('with %s out of its bounds', (field, index, values) => {
    for (const value of values) {
      expectRefused(packed({ ...(index === 12 ? { 11: null } : {}), [index]: value }), field);
    }
  });

  test('with a code that is not known, when its update is asked for', () => {
    const frame = decodeFrame(packed({ 8: 200 }), context);
    expect(() => decodeUpdate(frame, layout, unit)).toThrow(/code/);
  });
});

test('a hundred thousand random and mutated frames give sound deltas or MESSAGE_INVALID, nothing else', () => {
  const random = seededRandom('hostile frames');
  const seeds = updateCodes.flatMap(({ id }) => [0, 0.01, 0.3, 1].map((density) => soundFrame(id, density)));
  let sound = 0;
  for (let n = 0; n < 100_000; n++) {
    const bytes = n % 4 === 0 ? randomBytes() : mutated(seeds[random.below(seeds.length)]!);
    try {
      const frame = decodeFrame(bytes, context);
      const { positions, values } = decodeUpdate(frame, layout, unit);
      const { low, high } = partitionRange(frame.partition, frame.partitions, layout.size);
      const inside = positions?.every((at, i) => at >= low && at < high && (i === 0 || at > positions[i - 1]!)) ?? true;
      const bounded = values.length <= high - low && values.every((value) => Math.abs(value) <= MAX_MAGNITUDE);
      if (!inside || !bounded || !(frame.from < frame.to)) throw new Error(Buffer.from(bytes).toString('hex'));
      sound++;
    } catch (error) {
      if (!isFailure(error, 'MESSAGE_INVALID')) throw error;
    }
  }
  // Mutations that hit a number or a sign only leave a frame that can be read.
  expect(sound).toBeGreaterThan(1000);
  expect(sound).toBeLessThan(75_000);

  function soundFrame(code: number, density: number): Uint8Array {
    const range = partitionRange(1, 3, layout.size);
    const pending = new Float32Array(layout.size).map(() => random.normal());
    const all = Array.from({ length: range.high - range.low }, (_, i) => range.low + i);
    const positions = Uint32Array.from(all.filter(() => random.uniform() < density));
    const { encoded } = updateCode(code).encode(pending, positions, { layout, range, unit });
    return encodeFrame({ ...typical, ...encoded, code, partition: 1, partitions: 3, fingerprint: [1, 2] });
  }

  function randomBytes(): Uint8Array {
    const bytes = new Uint8Array(random.below(80)).map(() => random.below(256));
    // Half of them begin as a frame does.
    if (random.below(2) === 0) bytes.set([0x9b + random.below(3), FRAME_VERSION].slice(0, bytes.length));
    return bytes;
  }

  function mutated(frame: Uint8Array): Uint8Array {
    let bytes = frame.slice(0, frame.length - (random.below(8) === 0 ? random.below(frame.length) : 0));
    if (random.below(8) === 0) bytes = Buffer.concat([bytes, randomBytes()]);
    for (let left = random.below(4); left >= 0 && bytes.length > 0; left--) {
      bytes[random.below(random.below(2) === 0 ? Math.min(40, bytes.length) : bytes.length)] = random.below(256);
    }
    return bytes;
  }
});
