import type { Delta } from './delta.ts';
import { addFingerprints, type Fingerprint, LinearHash, sameFingerprint, zeroFingerprint } from './fingerprint.ts';
import type { OriginKey } from './origin.ts';
import { type Standing, VersionVector } from './version-vector.ts';

/** Updates `(from, to]` of one origin, as integers to add. */
export interface Update {
  readonly origin: OriginKey;
  /** Exclusive. */
  readonly from: number;
  /** Inclusive; `from + 1` unless several were merged. */
  readonly to: number;
  readonly delta: Delta;
}

/** S and what is known of it, at one instant; the entries of both lists are of the same origins. */
export interface SumImage {
  /** S, one lattice integer per parameter. */
  readonly values: Int32Array;
  /** What is applied, per origin. */
  readonly vector: readonly (readonly [OriginKey, number])[];
  /** F_o: the hash of all that each had published up to where the vector stands. */
  readonly fingerprints: readonly (readonly [OriginKey, Fingerprint])[];
}

/**
 * The model that all peers share: a start vector plus every published update exactly once, in any order. Integers,
 * so that two peers with the same set of updates hold the same bits (design, section 1).
 */
export class ReplicatedSum {
  /** S, one lattice integer per parameter. Changed only here. */
  readonly values: Int32Array;
  readonly vector = new VersionVector();
  readonly #hash: LinearHash;
  readonly #start: Fingerprint;
  readonly #origins = new Map<OriginKey, Fingerprint>();

  /** Takes over `start`. `hashSeed` is equal at all peers of a run. */
  constructor(start: Int32Array, hashSeed: number) {
    this.values = start;
    this.#hash = new LinearHash(hashSeed);
    this.#start = this.#hash.ofVector(start);
  }

  /** Adds an update that is next in its origin's order; any other leaves everything as it was. Tells which it was. */
  apply(update: Update): Standing {
    const standing = this.vector.standing(update.origin, update.from, update.to);
    if (standing !== 'next') return standing;
    addDelta(this.values, update.delta);
    this.#origins.set(
      update.origin,
      addFingerprints(this.originFingerprint(update.origin), this.#hash.ofDelta(update.delta)),
    );
    this.vector.advance(update.origin, update.to);
    return standing;
  }

  /** Puts another peer's sum in the place of this one; both have the same start. */
  adopt({ values, vector, fingerprints }: SumImage): void {
    this.values.set(values);
    this.vector.replace(vector);
    this.#origins.clear();
    for (const [origin, fingerprint] of fingerprints) this.#origins.set(origin, fingerprint);
  }

  /** For another peer to adopt. The values are not copied. */
  image(): SumImage {
    return { values: this.values, vector: [...this.vector.entries()], fingerprints: [...this.#origins] };
  }

  /** F_o: hash of all that one origin published, up to where the vector stands. */
  originFingerprint(origin: OriginKey): Fingerprint {
    return this.#origins.get(origin) ?? zeroFingerprint;
  }

  /** F(S), from S itself: O(parameters). */
  fingerprint(): Fingerprint {
    return this.#hash.ofVector(this.values);
  }

  /** Whether no entry is larger than `bound` either way. */
  isWithin(bound: number): boolean {
    return this.values.every((value) => value <= bound && value >= -bound);
  }

  /** The fingerprint equation: F(S) = F(start) + sum over origins of F_o. */
  holds(): boolean {
    let expected = this.#start;
    for (const part of this.#origins.values()) expected = addFingerprints(expected, part);
    return sameFingerprint(this.fingerprint(), expected);
  }
}

function addDelta(values: Int32Array, { positions, offset, values: added }: Delta): void {
  if (positions === null) {
    for (let k = 0; k < added.length; k++) values[offset + k] = (values[offset + k]! + added[k]!) | 0;
  } else {
    for (let k = 0; k < added.length; k++) {
      const index = positions[k]!;
      values[index] = (values[index]! + added[k]!) | 0;
    }
  }
}
