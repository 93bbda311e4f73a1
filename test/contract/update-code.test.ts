import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_MAGNITUDE } from '../../src/compression/magnitude.ts';
import type { CodeContext, UpdateCode } from '../../src/compression/update-code.ts';
import { updateCode, updateCodes } from '../../src/compression/update-codes.ts';
import { layoutOf } from '../../src/models/layout.ts';
import type { Delta } from '../../src/sum/delta.ts';
import { isFailure } from '../../src/support/errors.ts';
import { seededRandom } from '../../src/support/random.ts';

const unit = 2 ** -24;

interface Case {
  readonly pending: Float32Array;
  readonly positions: Uint32Array | null;
  readonly context: CodeContext;
}

/** Ranges that cross the borders of small tensors, empty ones included, at densities from 0 to 1. */
const cases: fc.Arbitrary<Case> = fc
  .record({
    sizes: fc.array(fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 9, max: 400 })), {
      minLength: 1,
      maxLength: 6,
    }),
    cut: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
    density: fc.oneof(fc.constantFrom(0, 0.01, 1, null), fc.double({ min: 0, max: 1, noNaN: true })),
    scale: fc.constantFrom(1e-9, 1e-3, 1, 1e3, 1e30),
    seed: fc.nat(),
  })
  .map(({ sizes, cut, density, scale, seed }) => {
    const random = seededRandom(seed);
    const layout = layoutOf(sizes.map((size, i) => ({ name: `t${i}`, shape: [size] })));
    const ends = cut.map((share) => Math.round(share * layout.size)).sort((a, b) => a - b);
    const range = { low: ends[0]!, high: ends[1]! };
    const pending = new Float32Array(layout.size).map(() => random.normal() * scale);
    const inside = Array.from({ length: range.high - range.low }, (_, i) => range.low + i);
    const positions = density === null ? null : Uint32Array.from(inside.filter(() => random.uniform() < density));
    return { pending, positions, context: { layout, range, unit } };
  });

/** Decodes; null where the code refuses as it should. Any other error is a failure of the test. */
function decodeOrRefuse(code: UpdateCode, magnitudes: number[], payload: Uint8Array, context: CodeContext) {
  try {
    return code.decode({ magnitudes, payload }, context);
  } catch (error) {
    if (isFailure(error, 'MESSAGE_INVALID')) return null;
    throw error;
  }
}

function expectSound({ positions, offset, values }: Delta, { range }: CodeContext): void {
  if (positions === null) {
    expect(offset).toBe(range.low);
    expect(values.length).toBe(range.high - range.low);
  } else {
    expect(values.length).toBe(positions.length);
    for (let i = 0; i < positions.length; i++) {
      expect(positions[i]! >= range.low && positions[i]! < range.high).toBe(true);
      if (i > 0) expect(positions[i]! > positions[i - 1]!).toBe(true);
    }
  }
  expect(values.every((value) => Math.abs(value) <= MAX_MAGNITUDE)).toBe(true);
}

describe.each(updateCodes.map((code) => [code.name, code] as const))('the update code %s', (_name, code) => {
  test('decodes to the very delta that its sender subtracts', () => {
    fc.assert(
      fc.property(cases, ({ pending, positions, context }) => {
        const { encoded, delta } = code.encode(pending, positions, context);
        expectSound(delta, context);
        expect(code.decode(encoded, context)).toEqual(delta);
        if (positions !== null && delta.positions !== null) expect(delta.positions).toEqual(positions);
      }),
      { numRuns: 500 },
    );
  });

  test('changes nothing but the positions it was given', () => {
    fc.assert(
      fc.property(cases, ({ pending, positions, context }) => {
        const { delta } = code.encode(pending, positions, context);
        const touched = new Set(positions ?? pending.keys());
        delta.values.forEach((value, k) => {
          const position = delta.positions === null ? delta.offset + k : delta.positions[k]!;
          if (value !== 0) expect(touched.has(position)).toBe(true);
          if (value !== 0) expect(Math.sign(value)).toBe(pending[position]! < 0 ? -1 : 1);
        });
      }),
    );
  });

  test('does not keep the positions it was given, which are scratch', () => {
    const context = { layout: layoutOf([{ name: 't', shape: [4] }]), range: { low: 0, high: 4 }, unit };
    const positions = Uint32Array.of(1, 3);
    const { delta, encoded } = code.encode(Float32Array.of(1, 2, 3, 4), positions, context);
    positions.fill(0);
    expect(code.decode(encoded, context)).toEqual(delta);
  });

  test('is read wherever the payload lies in its buffer', () => {
    const context = { layout: layoutOf([{ name: 't', shape: [4] }]), range: { low: 0, high: 4 }, unit };
    const { delta, encoded } = code.encode(Float32Array.of(1, 2, 3, -4), null, context);
    const shifted = new Uint8Array(encoded.payload.length + 6);
    shifted.set(encoded.payload, 3);
    const payload = shifted.subarray(3, 3 + encoded.payload.length);
    expect(code.decode({ ...encoded, payload }, context)).toEqual(delta);
  });

  test('a number that is not finite tells that training has diverged', () => {
    const context = { layout: layoutOf([{ name: 't', shape: [2] }]), range: { low: 0, high: 2 }, unit };
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const diverged = { code: 'TRAINING_DIVERGED', field: 'training.rate' };
      const encode = () => code.encode(Float32Array.of(bad, 1), null, context);
      expect(encode).toThrow(expect.objectContaining({ failure: expect.objectContaining(diverged) }));
    }
  });

  test('mutated bytes give a sound delta or MESSAGE_INVALID', () => {
    const mutation = fc.record({
      at: fc.nat(),
      xor: fc.integer({ min: 1, max: 255 }),
      cut: fc.constantFrom(0, 0, 1, 3),
      extra: fc.constantFrom(0, 0, 1),
      magnitudes: fc.option(
        fc.array(fc.oneof(fc.constantFrom(0, 1, -1, 0.5, Number.NaN, MAX_MAGNITUDE, 2 ** 40), fc.nat()), {
          maxLength: 4,
        }),
        { nil: null },
      ),
    });
    fc.assert(
      fc.property(cases, fc.array(mutation, { maxLength: 3 }), ({ pending, positions, context }, mutations) => {
        let { magnitudes, payload } = code.encode(pending, positions, context).encoded;
        for (const { at, xor, cut, extra, magnitudes: others } of mutations) {
          const longer = new Uint8Array(Math.max(0, payload.length - cut) + extra);
          longer.set(payload.subarray(0, longer.length));
          payload = longer;
          if (payload.length > 0) payload[at % payload.length]! ^= xor;
          if (others !== null) magnitudes = others;
        }
        const delta = decodeOrRefuse(code, [...magnitudes], payload, context);
        if (delta !== null) expectSound(delta, context);
      }),
      { numRuns: 2000 },
    );
  });

  test('a payload with bytes behind its end is refused', () => {
    fc.assert(
      fc.property(cases, ({ pending, positions, context }) => {
        const { magnitudes, payload } = code.encode(pending, positions, context).encoded;
        const longer = new Uint8Array(payload.length + 1);
        longer.set(payload);
        expect(decodeOrRefuse(code, [...magnitudes], longer, context)).toBeNull();
      }),
    );
  });
});

test('every code has a number of its own, and an unknown number is refused', () => {
  expect(new Set(updateCodes.map((code) => code.id)).size).toBe(updateCodes.length);
  for (const code of updateCodes) expect(updateCode(code.id)).toBe(code);
  expect(() => updateCode(0)).toThrow(/code/);
});
