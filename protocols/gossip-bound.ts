import { MurmurError } from '../src/support/errors.ts';

/** Longest gossip message: a status takes about 150 bytes, the rest is room to grow. */
export const MAX_GOSSIP_BYTES = 2 ** 16;

/** Throws MESSAGE_INVALID for a message that others would refuse, and its author with it. */
export function assertGossipBound(data: Uint8Array): void {
  if (data.byteLength <= MAX_GOSSIP_BYTES) return;
  const problem = `${data.byteLength} bytes, at most ${MAX_GOSSIP_BYTES} are taken`;
  throw new MurmurError({ code: 'MESSAGE_INVALID', message: 'gossip', field: 'length', problem });
}
