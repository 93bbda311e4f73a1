import { Replica, type ReplicaInit, type ReplicaRemains } from '../../peer/replica/replica.ts';
import type { Delta } from '../../src/sum/delta.ts';
import { type OriginKey, peerOf } from '../../src/sum/origin.ts';
import type { SumImage, Update } from '../../src/sum/replicated-sum.ts';
import { type Standing, VersionVector } from '../../src/sum/version-vector.ts';
import { Ledger } from './ledger.ts';

/** What a checkpoint of a peer ought to hold, noted when it was made. */
export interface Keepsake {
  readonly vector: VersionVector;
  readonly pending: Float32Array;
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
  /** The vector's total as it follows from what was applied. */
  appliedTotal = 0;
  readonly start: Int32Array;
  readonly #audit: Audit;

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
    if (made === undefined) this.#audit.found('a checkpoint comes back that was never made');
    else this.ledger.add(Float64Array.from(made.pending), 1);
  }

  override remains(): ReplicaRemains {
    const remains = super.remains();
    this.#audit.keepsakes.push({ vector: new VersionVector(remains.sum.vector), pending: this.pending.slice() });
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
    const before = this.#isOwnPast(update.origin) ? this.pending.slice() : null;
    const standing = super.apply(update);
    if (standing === 'next') this.appliedTotal += update.to - update.from;
    if (before !== null) this.#enterReturned(before, update);
    return standing;
  }

  override adopt(image: SumImage): void {
    const had = this.pending.some((value) => value !== 0);
    super.adopt(image);
    this.appliedTotal = new VersionVector(image.vector).total();
    if (!had || this.pending.some((value) => value !== 0)) return;
    // The only case in which all of it goes: the image may hold some of it, and nobody can tell which.
    if (!image.vector.some(([origin]) => this.#isOwnPast(origin))) this.#audit.found('pending is dropped without need');
    this.ledger.clear();
  }

  override giveUp(above: number, deltas: readonly Delta[], next: OriginKey): void {
    super.giveUp(above, deltas, next);
    for (const delta of deltas) this.ledger.addDelta(delta, this.unit);
  }

  #isOwnPast(origin: OriginKey): boolean {
    return origin !== this.origin && peerOf(origin) === peerOf(this.origin);
  }

  /** An update of this peer's past takes from `pending` no more than it holds, and only where it has the same sign. */
  #enterReturned(before: Float32Array, { origin, to, delta }: Update): void {
    const { positions, offset, values } = delta;
    const moved = new Float64Array(before.length);
    for (let k = 0; k < values.length; k++) {
      const index = positions === null ? offset + k : positions[k]!;
      const value = values[k]! * this.unit;
      moved[index] = this.pending[index]! - before[index]!;
      const most = Math.abs(value) + 2 ** -20 * Math.abs(before[index]!);
      if (moved[index]! * value > 0 || Math.abs(moved[index]!) > most) {
        this.#audit.found(`${origin} ${to} comes back and takes more from pending than it brings`);
      }
    }
    this.ledger.add(moved, 1);
  }
}
