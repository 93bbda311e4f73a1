import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  maxCheckpointBytes,
} from '../../../peer/checkpoint/checkpoint.ts';
import { Replica } from '../../../peer/replica/replica.ts';
import { decodeReplicaState, encodeReplicaState, maxStateBytes } from '../../../peer/replica/replica-state.ts';
import { isFailure } from '../../../src/support/errors.ts';
import { failureOf } from '../../support/failures.ts';

const PARAMETERS = 6;
const context = { start: Int32Array.of(1, -2, 3, -4, 5, -6), hashSeed: 7 };

function replicaOf(): Replica {
  const replica = new Replica(context.start.slice(), { unit: 2 ** -24, origin: 'a/0000000000000001', hashSeed: 7 });
  replica.pending.set([0.5, -0.25, 0, 1e-9, 3, -4]);
  replica.velocity.set([1, 2, 3, 4, 5, 6]);
  replica.publish({ positions: Uint32Array.of(1, 4), offset: 0, values: Int32Array.of(77, -88) }, true);
  return replica;
}

const state = () => ({ remains: replicaOf().remains(), round: 12, drawn: 3_456, atMs: 1_790_000_000_000.5 });
const checkpoint = (): Checkpoint => ({
  manifest: createHash('sha256').update('manifest').digest('hex'),
  shard: 3,
  rounds: 12,
  samples: 4_000,
  samplesOfOthers: [
    ['b', 5_000],
    ['c', 0],
  ],
  replica: encodeReplicaState(state(), context.start),
});

describe('a checkpoint', () => {
  test('is read as it was written', () => {
    const bytes = encodeCheckpoint(checkpoint());
    expect(bytes.length).toBeLessThan(maxCheckpointBytes(PARAMETERS));
    const read = decodeCheckpoint(bytes, PARAMETERS);
    expect({ ...read, replica: [...read.replica] }).toEqual({
      ...checkpoint(),
      replica: [...checkpoint().replica],
    });
    const { remains, ...rest } = decodeReplicaState(read.replica, context);
    const { remains: written, ...writtenRest } = state();
    expect(rest).toEqual(writtenRest);
    expect(remains).toEqual(written);
  });

  test('that was cut off or changed in any bit is refused whole', async () => {
    const bytes = encodeCheckpoint(checkpoint());
    const place = fc.integer({ min: 0, max: 8 * bytes.length - 1 });
    fc.assert(
      fc.property(place, (bit) => {
        // A buffer's own `slice` would share its memory.
        const damaged = Uint8Array.from(bytes);
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        expect(refused(damaged)).toBe(true);
        expect(refused(bytes.slice(0, bit >> 3))).toBe(true);
      }),
    );
    const future = Buffer.from(bytes);
    future.write('MURMURC2', 'latin1');
    expect((await failureOf(() => decodeCheckpoint(future, PARAMETERS), 'MESSAGE_INVALID')).failure).toMatchObject({
      field: 'version',
    });
  });
});

describe('the state of a replica', () => {
  test('of another model is refused', async () => {
    const bytes = encodeReplicaState(state(), context.start);
    expect(bytes.length).toBeLessThan(maxStateBytes(PARAMETERS));
    await failureOf(() => decodeReplicaState(bytes, { ...context, start: new Int32Array(7) }), 'MESSAGE_INVALID');
    await failureOf(() => decodeReplicaState(bytes, { ...context, start: new Int32Array(6) }), 'MESSAGE_INVALID');
  });

  test('that holds what is no number is refused', async () => {
    const remains = replicaOf().remains();
    remains.pending[3] = Number.NaN;
    const bytes = encodeReplicaState({ ...state(), remains }, context.start);
    expect((await failureOf(() => decodeReplicaState(bytes, context), 'MESSAGE_INVALID')).failure).toMatchObject({
      field: 'pending',
    });
  });

  test('is read, or refused with a code, whatever the bytes are', () => {
    const bytes = encodeReplicaState(state(), context.start);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
        const changed = bytes.slice();
        changed[at] = value;
        try {
          decodeReplicaState(changed, context);
        } catch (error) {
          if (!isFailure(error, 'MESSAGE_INVALID')) throw error;
        }
      }),
    );
  });
});

function refused(bytes: Uint8Array): boolean {
  try {
    decodeCheckpoint(bytes, PARAMETERS);
    return false;
  } catch (error) {
    return isFailure(error, 'MESSAGE_INVALID');
  }
}
