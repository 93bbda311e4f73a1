import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_IDX_BYTES, MAX_IDX_SAMPLES, MAX_IDX_SIDE, parseIdx } from '../../../src/datasets/idx.ts';
import { MurmurError } from '../../../src/support/errors.ts';
import { idxBytes } from './idx-bytes.ts';

function corruptField(content: Uint8Array, dimensions: 1 | 3): string {
  try {
    parseIdx('some-file', content, dimensions);
  } catch (error) {
    if (error instanceof MurmurError && error.failure.code === 'DATA_CORRUPT') {
      expect(error.failure).toMatchObject({ file: 'some-file', mend: expect.stringMatching(/./) });
      return error.failure.field;
    }
    throw error;
  }
  return 'none';
}

describe('parseIdx', () => {
  it('reads what was written, packed or not', () => {
    const side = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(
        fc.tuple(side, side, side),
        fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
        fc.boolean(),
        (shape, stream, packed) => {
          const elements = Uint8Array.from([...stream.take(shape[0] * shape[1] * shape[2])]);
          const content = idxBytes(shape, elements);
          const read = parseIdx('f', packed ? gzipSync(content) : content, 3);
          expect(read.shape).toEqual(shape);
          expect(read.bytes).toEqual(elements);
        },
      ),
    );
  });

  it('reads one dimension', () => {
    expect(parseIdx('f', idxBytes([3], Uint8Array.of(7, 8, 9)), 1)).toMatchObject({
      shape: [3],
      bytes: Uint8Array.of(7, 8, 9),
    });
  });

  it('reads content that does not begin at the start of its memory', () => {
    const memory = new Uint8Array(20);
    memory.set(idxBytes([3], Uint8Array.of(7, 8, 9)), 5);
    expect(parseIdx('f', memory.subarray(5, 16), 1).bytes).toEqual(Uint8Array.of(7, 8, 9));
  });

  it('names the broken field of the header', () => {
    const labels = idxBytes([2], Uint8Array.of(1, 2));
    const changed = (at: number, value: number) => labels.with(at, value);
    expect(corruptField(new Uint8Array(0), 1)).toBe('header');
    expect(corruptField(labels.subarray(0, 7), 1)).toBe('header');
    expect(corruptField(changed(0, 1), 1)).toBe('magic');
    expect(corruptField(changed(1, 1), 1)).toBe('magic');
    expect(corruptField(changed(2, 0x0d), 1)).toBe('type');
    expect(corruptField(changed(3, 3), 1)).toBe('dimensions');
    expect(corruptField(changed(7, 0), 1)).toBe('shape[0]');
    expect(corruptField(changed(7, 3), 1)).toBe('elements');
    expect(corruptField(changed(7, 1), 1)).toBe('elements');
    expect(corruptField(labels.subarray(0, 9), 1)).toBe('elements');
  });

  it('refuses more than MAX_IDX_SAMPLES samples and MAX_IDX_SIDE pixels a side', () => {
    expect(corruptField(idxBytes([MAX_IDX_SAMPLES + 1], new Uint8Array(1)), 1)).toBe('shape[0]');
    expect(corruptField(idxBytes([1, MAX_IDX_SIDE + 1, 1], new Uint8Array(1)), 3)).toBe('shape[1]');
    expect(corruptField(idxBytes([1, 1, 2 ** 32 - 1], new Uint8Array(1)), 3)).toBe('shape[2]');
    const widest = idxBytes([1, 1, MAX_IDX_SIDE], new Uint8Array(MAX_IDX_SIDE));
    expect(parseIdx('f', widest, 3).shape).toEqual([1, 1, MAX_IDX_SIDE]);
  });

  it('refuses damaged gzip', () => {
    const packed = gzipSync(idxBytes([2], Uint8Array.of(1, 2)));
    expect(corruptField(packed.subarray(0, packed.length - 4), 1)).toBe('gzip');
    expect(corruptField(Uint8Array.from(packed).fill(0xff, 12, 16), 1)).toBe('gzip');
  });

  it('refuses a compression bomb of over MAX_IDX_BYTES', () => {
    // Gzip members may follow each other: one of 32 MiB of zeros, repeated.
    const member = gzipSync(new Uint8Array(2 ** 25));
    const bomb = Buffer.concat(new Array<Buffer>(MAX_IDX_BYTES / 2 ** 25 + 1).fill(member));
    expect(corruptField(bomb, 1)).toBe('gzip');
  });

  it('never fails in another way on hostile bytes', () => {
    const near = fc.tuple(fc.nat(15), fc.integer({ min: 0, max: 255 })).map(([at, value]) => {
      return idxBytes([1, 2, 2], Uint8Array.of(1, 2, 3, 4)).with(at, value);
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), near), (content) => {
        corruptField(content, 3);
        corruptField(content, 1);
      }),
    );
  });
});
