import assert from 'node:assert/strict';
import { unpackTuple } from '../../../protocols/flat-tuple.ts';
import { STATUS_MAX_ADDRESSES, STATUS_MAX_ORIGINS } from '../../../protocols/status/constants.ts';
import { decodeStatus, encodeStatus, peerStates } from '../../../protocols/status/messages.ts';
import { MAX_COUNT } from '../../../protocols/tuples.ts';
import { statusOf } from '../../support/status.ts';
import type { FuzzTarget } from '../fuzz.ts';
import { hostileTuple } from '../mutations.ts';

const vector = [
  ['peer/0123456789abcdef', 7],
  ['other/0000000000000001', 70_000],
] as const;

const applied = { updates: 70_007, digest: '0123456789abcdef0123456789abcdef' };

const samples = [
  statusOf('peer'),
  statusOf('peer', { state: 'finishing', samples: 300, published: 3, confirmedAtSamples: 5000, applied, vector }),
].map((status) => unpackTuple(encodeStatus(status), 1000)!);

const isCount = (value: number) => Number.isInteger(value) && value >= 0 && value <= MAX_COUNT;

export const statuses: FuzzTarget = {
  name: 'status',
  perMille: 150,
  codes: ['MESSAGE_INVALID'],
  attempt(random) {
    const status = decodeStatus(hostileTuple(random, samples), 'peer');
    assert.match(status.origin, /^peer\/[0-9a-f]{16}$/);
    assert.ok(peerStates.includes(status.state));
    assert.ok(isCount(status.samples) && isCount(status.published) && isCount(status.confirmedAtSamples ?? 0));
    assert.ok(status.applied === null || (isCount(status.applied.updates) && status.applied.digest.length === 32));
    assert.ok(status.addresses.length <= STATUS_MAX_ADDRESSES);
    assert.ok(status.addresses.every((address) => address.endsWith('peer')));
    assert.ok((status.vector?.length ?? 0) <= STATUS_MAX_ORIGINS);
    for (const [, sequence] of status.vector ?? []) assert.ok(isCount(sequence));
  },
};
