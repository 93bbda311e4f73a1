import { overlaps } from './partition-overlap.ts';

/**
 * Whose turn it is: of the partitions the one whose turn was longest ago, and of equals the first from this peer's own
 * place on. With one number of partitions that is each in turn; where the number changes midway, a new partition
 * has waited as long as the longest waiting entry in it, so no slice is left out.
 */
export class Sweep {
  readonly #phase: number;
  /** Round of the last turn of each partition; before the first, -1. */
  #turns = new Float64Array(1).fill(-1);

  /** @param phase offset of this peer, so that peers are out of phase */
  constructor(phase: number) {
    this.#phase = phase;
  }

  /** The partition that a round publishes; it has then had its turn. */
  next(round: number, partitions: number): number {
    if (partitions !== this.#turns.length) this.#repartition(partitions);
    const first = (round + this.#phase) % partitions;
    let chosen = first;
    for (let k = 1; k < partitions; k++) {
      const candidate = (first + k) % partitions;
      if (this.#turns[candidate]! < this.#turns[chosen]!) chosen = candidate;
    }
    this.#turns[chosen] = round;
    return chosen;
  }

  #repartition(partitions: number): void {
    const turns = new Float64Array(partitions).fill(Number.POSITIVE_INFINITY);
    overlaps(this.#turns.length, partitions, (from, to) => {
      turns[to] = Math.min(turns[to]!, this.#turns[from]!);
    });
    this.#turns = turns;
  }
}
