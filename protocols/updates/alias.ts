import { hash } from 'node:crypto';
import type { OriginKey } from '../../src/sum/origin.ts';
import { ALIAS_BYTES } from './constants.ts';

/** What stands for an origin within one subscription, where both sides know it: `ALIAS_BYTES` as hexadecimal digits. */
export type Alias = string & { readonly brand?: 'Alias' };

/**
 * The first bytes of SHA-256 over a subscription's salt and the origin. Nobody can make up two origins of one alias who
 * does not know the salt beforehand.
 */
export function aliasOf(origin: OriginKey, salt: number): Alias {
  return hash('sha256', `${salt}/${origin}`, 'hex').slice(0, 2 * ALIAS_BYTES);
}
