/**
 * How long what a publication carries has waited in `pending`. Per partition, the mean time of the steps in it, by
 * mass (the sum of |pending|): steps taken since the last publication count from the middle of that time, the residue
 * of before keeps its own mean. What is sent is taken to be as old as the mean.
 */
export class ResidueAge {
  readonly #mass: Float64Array;
  readonly #meanMs: Float64Array;
  readonly #publishedMs: Float64Array;

  constructor(partitions: number, startMs: number) {
    this.#mass = new Float64Array(partitions);
    this.#meanMs = new Float64Array(partitions).fill(startMs);
    this.#publishedMs = new Float64Array(partitions).fill(startMs);
  }

  /**
   * @param massBefore mass of the partition when it is published
   * @param massAfter mass of what stays behind
   * @returns mean age of the content, in ms
   */
  publish(partition: number, massBefore: number, massAfter: number, nowMs: number): number {
    const residue = Math.min(massBefore, this.#mass[partition]!);
    const middleMs = (this.#publishedMs[partition]! + nowMs) / 2;
    const share = massBefore > 0 ? residue / massBefore : 0;
    const meanMs = share * this.#meanMs[partition]! + (1 - share) * middleMs;
    this.#mass[partition] = massAfter;
    this.#meanMs[partition] = meanMs;
    this.#publishedMs[partition] = nowMs;
    return Math.max(0, nowMs - meanMs);
  }
}

/** Sum of |x| over a stretch. */
export function mass(values: Float32Array, low: number, high: number): number {
  let total = 0;
  for (let i = low; i < high; i++) total += Math.abs(values[i]!);
  return total;
}
