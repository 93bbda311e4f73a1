import type { Status } from '../../protocols/status/messages.ts';
import type { PeerName } from '../../src/sum/origin.ts';

/** The status of a peer in the middle of its training, with some fields replaced. */
export function statusOf(peer: PeerName, replaced: Partial<Status> = {}): Status {
  return {
    origin: `${peer}/0000000000000001`,
    state: 'training',
    samples: 0,
    published: 0,
    confirmedAtSamples: null,
    addresses: [`/simulated/${peer}`],
    applied: null,
    vector: null,
    ...replaced,
  };
}
