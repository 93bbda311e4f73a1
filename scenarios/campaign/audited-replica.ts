import { Replica, type ReplicaInit, type ReplicaRemains } from '../../peer/replica/replica.ts';
import type { Delta } from '../../src/sum/delta.ts';
import { type OriginKey, peerOf } from '../../src/sum/origin.ts';
import type { SumImage, Update } from '../../src/sum/replicated-sum.ts';
import { type Standing, VersionVector } from '../../src/sum/version-vector.ts';
import { Ledger } from './ledger.ts';
import { PastBook } from './past-book.ts';

/** What a checkpoint of a peer ought to hold, noted when it was made. */
export interface Keepsake {
  readonly vector: VersionVector;
  readonly pending: Float32Array;
  readonly past: PastBook;
}

export interface Audit {
  /** Of all processes of one simulated peer. */
  readonly keepsakes: Keepsake[];
  /** Hears of what is wrong as it happens. */
  readonly found: (problem: string) => void;
}

/** A replica as any other, with books of what enters and leaves `pending`, and of what is applied. */
export class AuditedReplica extends Replica {
  readonly ledger: Ledger;
  readonly start: Int32Array;
  /** The vector's total as it follows from what was applied. */
  appliedTotal = 0;
  readonly #audit: Audit;
  #past = new PastBook();

  constructor(start: Int32Array, init: ReplicaInit, audit: Audit) {
    super(start.slice(), init);
    this.start = start;
    this.ledger = new Ledger(start.length);
    this.#audit = audit;
  }

  override restore(remains: ReplicaRemains): void {
    super.restore(remains);
    const vector = new VersionVector(remains.sum.vector);
    this.appliedTotal = vector.total();
    const made = this.#audit.keepsakes.filter((keepsake) => keepsake.vector.equals(vector)).at(-1);
    if (made === undefined) {
      this.#audit.found('a checkpoint comes back that was never made');
    } else {
      this.ledger.add(made.pending, 1);
      this.#past = new PastBook(made.past, vector);
    }
  }

  override remains(): ReplicaRemains {
    const remains = super.remains();
    const vector = new VersionVector(remains.sum.vector);
    this.#audit.keepsakes.push({ vector, pending: this.pending.slice(), past: new PastBook(this.#past) });
    return remains;
  }

  override learn(gradient: Float32Array, rate: number, momentum: number): void {
    super.learn(gradient, rate, momentum);
    this.ledger.add(this.velocity, -1);
  }

  override publish(delta: Delta, sparse: boolean): number {
    const sequence = super.publish(delta, sparse);
    this.ledger.addDelta(delta, -this.unit);
    this.appliedTotal++;
    return sequence;
  }

  override apply(update: Update): Standing {
    const { origin, from, to, delta } = update;
    const before = this.#isOwnPast(origin) ? this.pending.slice() : null;
    const standing = super.apply(update);
    if (standing !== 'next') return standing;
    this.appliedTotal += to - from;
    if (before !== null) this.#enterReturned(before, origin, to, delta);
    return standing;
  }

  override adopt(image: SumImage): void {
    const had = this.pending.some((value) => value !== 0);
    super.adopt(image);
    this.appliedTotal = new VersionVector(image.vector).total();
    if (!had || this.pending.some((value) => value !== 0)) return;
    // All of it goes in one case: the image may hold some of it, and nobody can tell which.
    if (!image.vector.some(([origin]) => this.#isOwnPast(origin))) this.#audit.found('pending is dropped without need');
    this.ledger.clear();
    this.#past.clear();
  }

  override giveUp(above: number, deltas: readonly Delta[], next: OriginKey): void {
    const { origin } = this;
    super.giveUp(above, deltas, next);
    for (const delta of deltas) this.ledger.addDelta(delta, this.unit);
    this.#past.gaveUp(origin, above, deltas.length);
  }

  #isOwnPast(origin: OriginKey): boolean {
    return origin !== this.origin && peerOf(origin) === peerOf(this.origin);
  }

  #enterReturned(before: Float32Array, origin: OriginKey, sequence: number, delta: Delta): void {
    const effect = this.#past.comesBack(origin, sequence);
    if (effect === 'taken out whole') this.ledger.addDelta(delta, -this.unit);
    else if (effect === 'shrinks') this.ledger.add(shrinkage(before, delta, this.unit), 1);
  }
}

/** How each entry moves that goes toward zero by at most the delta's, and never across (design, section 1, restore). */
function shrinkage(pending: Float32Array, { positions, offset, values }: Delta, unit: number): Float64Array {
  const moved = new Float64Array(pending.length);
  for (let k = 0; k < values.length; k++) {
    const index = positions === null ? offset + k : positions[k]!;
    const value = values[k]! * unit;
    const held = pending[index]!;
    if (held * value > 0) moved[index] = -Math.sign(held) * Math.min(Math.abs(held), Math.abs(value));
  }
  return moved;
}
