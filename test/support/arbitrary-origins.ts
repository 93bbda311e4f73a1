import fc from 'fast-check';
import { MAX_COUNT } from '../../protocols/tuples.ts';

export const peerNames = fc.stringMatching(/^[A-Za-z0-9-]{1,60}$/);
export const originKeys = fc.tuple(peerNames, fc.stringMatching(/^[0-9a-f]{16}$/)).map((parts) => parts.join('/'));
export const counts = fc.oneof(
  fc.nat({ max: 1000 }),
  fc.maxSafeNat().map((count) => count % (MAX_COUNT + 1)),
);
export const shortVectors = fc
  .uniqueArray(fc.tuple(fc.stringMatching(/^[0-9a-f]{16}$/), counts), { maxLength: 20, selector: ([alias]) => alias })
  .map((entries) => entries.sort(([, a], [, b]) => a - b));
