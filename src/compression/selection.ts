import type { Range } from '../sum/delta.ts';
import type { Random } from '../support/random.ts';

/** Fewest entries sampled for a threshold; ranges up to this length need no sample. */
const MIN_SAMPLE = 2048;
/** Share of a long range that is sampled, as in DGC. */
const SAMPLE_SHARE = 0.01;
/** A count from this share of the wanted one on is taken as it comes: another scan would cost more than it gains. */
const ACCEPTED_SHARE = 0.8;
/** Times that a threshold found too high is lowered before every entry becomes a candidate. */
const MAX_ADAPTATIONS = 4;
/** Entries that the scan tests at once. */
const BLOCK = 8;
/** The smallest float32 magnitude but zero. */
const ANY_MAGNITUDE = 2 ** -149;
/** All bits of a float32 but its sign: as integers they are in the order of the magnitudes, NaN above all. */
const MAGNITUDE_BITS = 0x7fffffff;

/**
 * Chooses the largest entries of a stretch of `pending` by a sampled threshold (Lin et al., Deep Gradient
 * Compression, ICLR 2018, section 3.1): a strided sample from a random start gives the threshold, one scan the
 * candidates. Where DGC accepts up to 1.3 times the wanted count, an excess is here cut to it exactly, which costs
 * little as the candidates are few.
 */
export class Selector {
  readonly #positions: Uint32Array;
  readonly #magnitudes: Float32Array;

  /** @param size the most entries that a range may have */
  constructor(size: number) {
    this.#positions = new Uint32Array(size);
    this.#magnitudes = new Float32Array(size);
  }

  /**
   * Positions (absolute, ascending) of about the `wanted` entries of largest magnitude: all that are not zero where
   * these are `wanted` or fewer, else 0.8 to 1 times `wanted` of them, none smaller than one left out. Zeros, NaN and
   * entries whose `mask` is 0 never compete; of equals at the threshold those of lower position win.
   * The array returned is scratch, overwritten by the next call.
   *
   * @param mask one byte per entry of `pending`, or null
   */
  select(pending: Float32Array, range: Range, wanted: number, random: Random, mask: Uint8Array | null): Uint32Array {
    const length = range.high - range.low;
    if (length > this.#positions.length) throw new RangeError('the range is longer than the selector');
    if (wanted < 1) return this.#positions.subarray(0, 0);
    if (length <= MIN_SAMPLE || wanted >= length) return this.#largest(pending, range, wanted, ANY_MAGNITUDE, mask);

    const sampled = this.#sample(pending, range, random, mask);
    // One standard deviation above what the sample is expected to hold of the wanted entries.
    const expected = (wanted * sampled) / length;
    let rank = Math.ceil(expected + Math.sqrt(expected));
    for (let adaptation = 0; adaptation <= MAX_ADAPTATIONS && rank <= sampled; adaptation++, rank *= 2) {
      const threshold = nthLargest(this.#magnitudes, sampled, rank);
      if (threshold === 0) break;
      const count = this.#gather(pending, range, threshold, mask);
      if (count >= wanted) return this.#cut(pending, count, wanted);
      if (count >= ACCEPTED_SHARE * wanted) {
        if (moreThan(wanted, pending, range, mask)) return this.#positions.subarray(0, count);
        break;
      }
    }
    return this.#largest(pending, range, wanted, ANY_MAGNITUDE, mask);
  }

  /** Fills the first magnitudes with a sample of the range, entries that do not compete as zeros; tells how many. */
  #sample(pending: Float32Array, { low, high }: Range, random: Random, mask: Uint8Array | null): number {
    const target = Math.max(MIN_SAMPLE, SAMPLE_SHARE * (high - low));
    // Odd, so that it does not walk along a few columns of a matrix whose rows are a power of two long.
    const stride = Math.floor((high - low) / target) | 1;
    let sampled = 0;
    for (let i = low + random.below(stride); i < high; i += stride) {
      const magnitude = Math.abs(pending[i]!);
      const competes = magnitude > 0 && (mask === null || mask[i] !== 0);
      this.#magnitudes[sampled++] = competes ? magnitude : 0;
    }
    return sampled;
  }

  /** The `wanted` largest among the entries that reach `threshold`. */
  #largest(pending: Float32Array, range: Range, wanted: number, threshold: number, mask: Uint8Array | null) {
    return this.#cut(pending, this.#gather(pending, range, threshold, mask), wanted);
  }

  /** Fills the first positions with the entries that reach `threshold`, ascending; tells how many. */
  #gather(pending: Float32Array, { low, high }: Range, threshold: number, mask: Uint8Array | null): number {
    const positions = this.#positions;
    const bits = new Int32Array(pending.buffer, pending.byteOffset, pending.length);
    const least = new Int32Array(Float32Array.of(threshold).buffer)[0]!;
    let count = 0;
    for (let next = low; next < high; ) {
      next = nextReaching(least, bits, next, high);
      for (const end = Math.min(next + BLOCK, high); next < end; next++) {
        if (Math.abs(pending[next]!) >= threshold && (mask === null || mask[next] !== 0)) positions[count++] = next;
      }
    }
    return count;
  }

  /** Cuts the first `count` positions down to the `wanted` largest of their entries. */
  #cut(pending: Float32Array, count: number, wanted: number): Uint32Array {
    const positions = this.#positions;
    if (count <= wanted) return positions.subarray(0, count);
    const magnitudes = this.#magnitudes;
    for (let i = 0; i < count; i++) magnitudes[i] = Math.abs(pending[positions[i]!]!);
    const least = nthLargest(magnitudes, count, wanted);
    let above = 0;
    for (let i = 0; i < count; i++) if (magnitudes[i]! > least) above++;
    let ties = wanted - above;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const position = positions[i]!;
      const magnitude = Math.abs(pending[position]!);
      if (magnitude > least || (magnitude === least && ties-- > 0)) positions[kept++] = position;
    }
    return positions.subarray(0, kept);
  }
}

/**
 * Start of the first block, counted from `from`, in which the bits of a magnitude reach `least`; where there is none, of
 * the last and shorter one. Most blocks hold none, and one test tells: of differences that are all negative the sign bit
 * is left in common.
 */
function nextReaching(least: number, bits: Int32Array, from: number, high: number): number {
  let i = from;
  for (; i + BLOCK <= high; i += BLOCK) {
    const a = below(bits[i]!, least) & below(bits[i + 1]!, least);
    const b = below(bits[i + 2]!, least) & below(bits[i + 3]!, least);
    const c = below(bits[i + 4]!, least) & below(bits[i + 5]!, least);
    const d = below(bits[i + 6]!, least) & below(bits[i + 7]!, least);
    if ((a & b & c & d) >= 0) break;
  }
  return i;
}

/** Negative where the magnitude is below the one of bits `least`. */
function below(bits: number, least: number): number {
  return (bits & MAGNITUDE_BITS) - least;
}

/** Whether more than `count` entries compete; stops at the first too many. */
function moreThan(count: number, pending: Float32Array, { low, high }: Range, mask: Uint8Array | null): boolean {
  let competing = 0;
  for (let i = low; i < high && competing <= count; i++) {
    if (Math.abs(pending[i]!) > 0 && (mask === null || mask[i] !== 0)) competing++;
  }
  return competing > count;
}

/**
 * The `rank`-th largest (from 1) of the first `length` values, none of them NaN, which end up in another order
 * (Hoare's quickselect, pivot the median of three).
 */
export function nthLargest(values: Float32Array, length: number, rank: number): number {
  const target = rank - 1;
  let left = 0;
  let right = length - 1;
  while (left < right) {
    const pivot = medianOfThree(values[left]!, values[(left + right) >>> 1]!, values[right]!);
    let i = left;
    let j = right;
    while (i <= j) {
      while (values[i]! > pivot) i++;
      while (values[j]! < pivot) j--;
      if (i > j) break;
      const held = values[i]!;
      values[i++] = values[j]!;
      values[j--] = held;
    }
    if (target <= j) right = j;
    else if (target >= i) left = i;
    else return pivot;
  }
  return values[left]!;
}

function medianOfThree(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
