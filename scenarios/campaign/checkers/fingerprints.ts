import { addFingerprints, type Fingerprint, LinearHash, sameFingerprint } from '../../../src/sum/fingerprint.ts';
import type { Checker, Ending, Sight } from '../checker.ts';

/** So often an origin tells the hash of all that it has published. */
const TOLD_EVERY = 16;

/** The fingerprint equation holds, and every origin tells its hash, a true one, as often as it should. */
export const fingerprints: Checker = {
  name: 'fingerprints',
  *look({ peers }: Sight) {
    for (const { name, replica } of peers) if (!replica.sum.holds()) yield `S of ${name} is not F(start) + sum of F_o`;
  },
  *judge({ published, result, init }: Ending) {
    const hash = new LinearHash(init.manifest.seed);
    for (const [origin, updates] of published.origins()) {
      let all: Fingerprint = [0, 0];
      for (const { to, delta, fingerprint } of updates) {
        all = addFingerprints(all, hash.ofDelta(delta));
        if (fingerprint === null && to % TOLD_EVERY === 0) yield `${origin} ${to} carries no fingerprint`;
        if (fingerprint !== null && !sameFingerprint(fingerprint, all))
          yield `${origin} ${to} carries a wrong fingerprint`;
      }
    }
    for (const { vector, fingerprint, fingerprintHolds } of result.reports) {
      if (!fingerprintHolds) yield 'a report ends with an equation that does not hold';
      const twin = result.reports.find((other) => JSON.stringify(other.vector) === JSON.stringify(vector));
      if (twin!.fingerprint !== fingerprint) yield 'equal vectors, unequal fingerprints';
    }
  },
};
