import type { Clock } from '../../src/support/clock.ts';
import { MurmurError } from '../../src/support/errors.ts';
import type { Channel } from '../network.ts';
import { STALL_TIMEOUT_MS } from './constants.ts';

/**
 * Settles as `step` does, a step on `channel`; one that takes longer than `STALL_TIMEOUT_MS` ends with the channel
 * aborted, and throws TIMED_OUT.
 */
export async function beforeStall<T>(clock: Clock, channel: Channel, step: Promise<T>): Promise<T> {
  let stalled = false;
  const cancel = clock.after(STALL_TIMEOUT_MS, () => {
    stalled = true;
    channel.abort();
  });
  try {
    return await step;
  } catch (error) {
    if (!stalled) throw error;
    const waitedFor = `peer ${channel.remote} in the transfer of a replica`;
    const mend = 'see whether it or its network is overloaded';
    throw new MurmurError({ code: 'TIMED_OUT', waitedFor, timeoutMs: STALL_TIMEOUT_MS, mend });
  } finally {
    cancel();
  }
}
