import { createHash } from 'node:crypto';
import { ReplicatedSum, type SumImage } from '../../src/sum/replicated-sum.ts';
import type { Random } from '../../src/support/random.ts';

export const imageHashSeed = 11;

/** A replica that some origins have changed at random, and its start. Changes are spread wide, so that they compress badly. */
export function randomReplica(
  random: Random,
  { size, origins, updates }: { size: number; origins: number; updates: number },
): { start: Int32Array; image: SumImage } {
  const integers = (bound: number) => Int32Array.from({ length: size }, () => random.below(2 * bound) - bound);
  const start = integers(2 ** 24);
  const sum = new ReplicatedSum(start.slice(), imageHashSeed);
  for (let n = 0; n < updates; n++) {
    const origin = `peer-${n % origins}/0123456789abcdef`;
    const from = sum.vector.get(origin);
    sum.apply({ origin, from, to: from + 1, delta: { positions: null, offset: 0, values: integers(2 ** 23) } });
  }
  return { start, image: imageOf(sum) };
}

export function imageOf(sum: ReplicatedSum): SumImage {
  const vector = [...sum.vector.entries()];
  const fingerprints = vector.map(([origin]) => [origin, sum.originFingerprint(origin)] as const);
  return { values: sum.values.slice(), vector, fingerprints };
}

/** Gives bytes the checksum that an image of them has. */
export function sealImage(bytes: Uint8Array): Uint8Array {
  bytes.set(createHash('sha256').update(bytes.subarray(8)).digest().subarray(0, Math.min(8, bytes.length)));
  return bytes;
}
