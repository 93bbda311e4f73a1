import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { MAX_IDX_SAMPLES, MAX_IDX_SIDE, parseIdx } from '../../../src/datasets/idx.ts';
import { idxBytes } from '../../src/datasets/idx-bytes.ts';
import type { FuzzTarget } from '../fuzz.ts';
import { mutatedBytes, pick } from '../mutations.ts';

const files = [
  { dimensions: 3, bytes: idxBytes([4, 3, 2], new Uint8Array(24).fill(9)) },
  { dimensions: 1, bytes: idxBytes([5], new Uint8Array(5).fill(3)) },
] as const;
const plain = files.map(({ bytes }) => bytes);
const packed = plain.map((bytes) => new Uint8Array(gzipSync(bytes)));

export const idx: FuzzTarget = {
  name: 'idx',
  perMille: 15,
  codes: ['DATA_CORRUPT'],
  attempt(random) {
    const { dimensions } = pick(random, files);
    const samples = random.below(4) === 0 ? packed : plain;
    const sample = pick(random, samples);
    const hostile = random.below(10) === 0 ? sample : mutatedBytes(random, sample, samples);
    const { shape, bytes } = parseIdx('file', hostile, dimensions);
    assert.equal(shape.length, dimensions);
    assert.ok(shape.every((side, axis) => side >= 1 && side <= (axis === 0 ? MAX_IDX_SAMPLES : MAX_IDX_SIDE)));
    assert.equal(
      bytes.length,
      shape.reduce((product, side) => product * side, 1),
    );
  },
};
