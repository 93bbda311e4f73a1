import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { decodeCheckpoint, encodeCheckpoint } from '../../../peer/checkpoint/checkpoint.ts';
import { decodeReplicaState, encodeReplicaState } from '../../../peer/replica/replica-state.ts';
import { packTuple, unpackTuple } from '../../../protocols/flat-tuple.ts';
import { type Random, seededRandom } from '../../../src/support/random.ts';
import { imageHashSeed as hashSeed, randomReplica } from '../../support/replica-images.ts';
import type { FuzzTarget } from '../fuzz.ts';
import { hostileTuple, mutatedBytes } from '../mutations.ts';

const SIZE = 20;
/** Magic and hash come before the tuple. */
const BODY_AT = 40;
const REPLICA = 5;

const { start, image } = randomReplica(seededRandom('checkpoint'), { size: SIZE, origins: 2, updates: 3 });
const floats = () => new Float32Array(SIZE).fill(0.25);
const state = encodeReplicaState(
  {
    remains: { sum: image, pending: floats(), velocity: floats(), givenUp: [], returned: [] },
    round: 9,
    drawn: 70,
    atMs: 1e12,
  },
  start,
);
const sample = encodeCheckpoint({
  manifest: 'ab'.repeat(32),
  shard: 1,
  rounds: 9,
  samples: 640,
  samplesOfOthers: [['peer-2', 320]],
  replica: state,
});
const fields = unpackTuple(sample.subarray(BODY_AT), 1000)!;
const stateFields = unpackTuple(state, 1000)!;

/** As a disk may garble it, or with a checksum that is right: whoever writes one must not reach past what it holds. */
function hostileCheckpoint(random: Random): Uint8Array {
  switch (random.below(3)) {
    case 0:
      return mutatedBytes(random, sample, [sample]);
    case 1:
      return sealed(hostileTuple(random, [fields]));
    default:
      return sealed(packTuple(fields.with(REPLICA, hostileTuple(random, [stateFields]))));
  }
}

function sealed(body: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([sample.subarray(0, 8), createHash('sha256').update(body).digest(), body]));
}

/** What a peer goes on from, both of its layers. */
export const checkpoints: FuzzTarget = {
  name: 'checkpoint',
  perMille: 40,
  codes: ['MESSAGE_INVALID'],
  attempt(random) {
    const read = decodeCheckpoint(hostileCheckpoint(random), SIZE);
    assert.match(read.manifest, /^[0-9a-f]{64}$/);
    const { remains, atMs } = decodeReplicaState(read.replica, { start, hashSeed });
    assert.ok(Number.isFinite(atMs));
    assert.ok(remains.pending.length === SIZE && remains.pending.every(Number.isFinite));
    assert.equal(remains.sum.values.length, SIZE);
  },
};
