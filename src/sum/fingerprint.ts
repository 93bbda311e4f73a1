import type { Delta } from './delta.ts';

/** Two 32-bit lanes: an accident that cancels in both has a chance of 2^-64. It finds accidents, not attackers. */
export type Fingerprint = readonly [number, number];

export const zeroFingerprint: Fingerprint = [0, 0];

/** Added to the index of a parameter in the second lane, so that the lanes weigh it independently. */
const LANE_OFFSET = 0x9e3779b9;

/**
 * A linear hash of an integer vector: per lane, the sum of `x[i] * weight(i)` modulo 2^32, every weight odd. Linear
 * means `hash(a + b) = hash(a) + hash(b)`, so k changed entries cost O(k).
 */
export class LinearHash {
  readonly #seed: number;

  /** @param seed equal at all peers of a run */
  constructor(seed: number) {
    this.#seed = seed | 0;
  }

  /** Hash of a whole vector. */
  ofVector(values: Int32Array): Fingerprint {
    return this.ofDelta({ positions: null, offset: 0, values });
  }

  /** Hash of what a delta adds. */
  ofDelta({ positions, offset, values }: Delta): Fingerprint {
    const seed = this.#seed;
    let first = 0;
    let second = 0;
    for (let k = 0; k < values.length; k++) {
      const index = positions === null ? offset + k : positions[k]!;
      const value = values[k]!;
      first = (first + Math.imul(value, oddWeight(index ^ seed))) | 0;
      second = (second + Math.imul(value, oddWeight((index + LANE_OFFSET) ^ seed))) | 0;
    }
    return [first >>> 0, second >>> 0];
  }
}

/** MurmurHash3's 32-bit finaliser (Appleby 2011), made odd so that no bit of a value is lost. */
function oddWeight(key: number): number {
  let h = key | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 1;
}

export function addFingerprints(a: Fingerprint, b: Fingerprint): Fingerprint {
  return [(a[0] + b[0]) >>> 0, (a[1] + b[1]) >>> 0];
}

export function sameFingerprint(a: Fingerprint, b: Fingerprint): boolean {
  return a[0] === b[0] && a[1] === b[1];
}

/** Sixteen hexadecimal digits. */
export function formatFingerprint(fingerprint: Fingerprint): string {
  return fingerprint.map((lane) => lane.toString(16).padStart(8, '0')).join('');
}
