import type { PeerName } from '../../src/sum/origin.ts';
import { MurmurError } from '../../src/support/errors.ts';

export function addressOf(peer: PeerName): string {
  return `/simulated/${peer}`;
}

/** Throws CONFIG_INVALID. */
export function parseAddress(address: string): PeerName {
  const name = /^\/simulated\/([^/]+)$/.exec(address)?.[1];
  if (name !== undefined) return name;
  const problem = `${address} is not an address of this network`;
  throw new MurmurError({ code: 'CONFIG_INVALID', field: '--join', problem, mend: 'use /simulated/<name>' });
}
