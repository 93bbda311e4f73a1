import assert from 'node:assert/strict';
import { packTuple, unpackTuple } from '../../../protocols/flat-tuple.ts';
import { decodeFrame, decodeUpdate, encodeFrame } from '../../../protocols/updates/frame.ts';
import { MAX_MAGNITUDE } from '../../../src/compression/magnitude.ts';
import { updateCodes } from '../../../src/compression/update-codes.ts';
import { type Delta, partitionRange, type Range } from '../../../src/sum/delta.ts';
import { type Random, seededRandom } from '../../../src/support/random.ts';
import { frameLayout as layout, frameUnit as unit } from '../../support/frames.ts';
import type { FuzzTarget } from '../fuzz.ts';
import { hostileTuple, mutatedBytes, pick } from '../mutations.ts';

const NOW_MS = 1.7e12;
const PARTITIONS = [1, 3];
const PAYLOAD = 10;

/** Frames of every code, of whole and of divided models, as the fields that travel. */
const samples = updateCodes.flatMap(({ id }) =>
  PARTITIONS.flatMap((partitions) => Array.from({ length: 6 }, (_, seed) => fieldsOf(id, partitions, seed))),
);

function fieldsOf(code: number, partitions: number, seed: number): readonly unknown[] {
  const random = seededRandom(`frames/${code}/${partitions}/${seed}`);
  const partition = random.below(partitions);
  const range = partitionRange(partition, partitions, layout.size);
  const pending = new Float32Array(layout.size).map(() => 0.01 * random.normal());
  const chosen = Uint32Array.from({ length: range.high - range.low }, (_, i) => range.low + i);
  const positions = chosen.filter(() => random.below(4) === 0);
  const { encoded } = updateCodes.find(({ id }) => id === code)!.encode(pending, positions, { layout, range, unit });
  const bytes = encodeFrame({
    from: seed,
    to: seed + 1,
    samples: 64 * (seed + 1),
    publishedAtMs: NOW_MS - 10,
    pendingMs: 50,
    partition,
    partitions,
    code,
    ...encoded,
    fingerprint: seed % 3 === 0 ? [seed, 7] : null,
    signature: seed % 3 === 1 ? new Uint8Array(64) : null,
  });
  return unpackTuple(bytes, 1000)!;
}

/** Half of what is changed is the payload alone: it lies behind all the checks of the fields. */
function hostileFrame(random: Random): Uint8Array {
  if (random.below(2) === 0) return hostileTuple(random, samples);
  const fields = pick(random, samples).slice();
  const others = samples.map((other) => other[PAYLOAD] as Uint8Array);
  fields[PAYLOAD] = mutatedBytes(random, fields[PAYLOAD] as Uint8Array, others);
  return packTuple(fields);
}

export const frames: FuzzTarget = {
  name: 'frame',
  perMille: 250,
  codes: ['MESSAGE_INVALID'],
  attempt(random) {
    const frame = decodeFrame(hostileFrame(random), { layout, nowMs: NOW_MS });
    assert.ok(frame.from >= 0 && frame.from < frame.to && frame.to <= 2 ** 48);
    assert.ok(Math.abs(frame.publishedAtMs - NOW_MS) <= 2 ** 31);
    assert.ok(frame.partition < frame.partitions);
    const range = partitionRange(frame.partition, frame.partitions, layout.size);
    assertWithin(decodeUpdate(frame, layout, unit), range);
  },
};

function assertWithin({ positions, offset, values }: Delta, { low, high }: Range): void {
  for (const value of values) assert.ok(Math.abs(value) <= MAX_MAGNITUDE);
  if (positions === null) {
    assert.ok(offset >= low && offset + values.length <= high);
    return;
  }
  assert.equal(positions.length, values.length);
  let next = low;
  for (const position of positions) {
    assert.ok(position >= next && position < high);
    next = position + 1;
  }
}
