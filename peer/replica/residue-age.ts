import { overlaps } from './partition-overlap.ts';

/**
 * How long what a publication carries has waited in `pending`. Per partition, the mean time of the steps in it, by
 * mass (the sum of |pending|): steps taken since the last publication count from the middle of that time, the residue
 * of before keeps its own mean. What is sent is taken to be as old as the mean.
 */
export class ResidueAge {
  #mass: Float64Array;
  #meanMs: Float64Array;
  #publishedMs: Float64Array;

  constructor(partitions: number, startMs: number) {
    this.#mass = new Float64Array(partitions);
    this.#meanMs = new Float64Array(partitions).fill(startMs);
    this.#publishedMs = new Float64Array(partitions).fill(startMs);
  }

  /** Goes on with another number of partitions: a new one holds its shares of the old ones. */
  repartition(partitions: number): void {
    const former = this.#mass.length;
    if (partitions === former) return;
    const mass = new Float64Array(partitions);
    const meanMs = new Float64Array(partitions);
    const publishedMs = new Float64Array(partitions);
    overlaps(former, partitions, (from, to, share) => {
      const moved = share * this.#mass[from]!;
      const width = (share * partitions) / former;
      mass[to]! += moved;
      // Where all is empty the mean stands for nothing.
      meanMs[to]! += mass[to]! > 0 ? (moved / mass[to]!) * (this.#meanMs[from]! - meanMs[to]!) : 0;
      publishedMs[to]! += width * this.#publishedMs[from]!;
    });
    this.#mass = mass;
    this.#meanMs = meanMs;
    this.#publishedMs = publishedMs;
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
