import assert from 'node:assert/strict';
import { unpackTuple } from '../../../protocols/flat-tuple.ts';
import { decodeReplicaImage, encodeReplicaImage } from '../../../protocols/replica/image.ts';
import {
  decodeReceiverMessage,
  decodeSourceMessage,
  encodeReceiverMessage,
  encodeSourceMessage,
} from '../../../protocols/replica/messages.ts';
import { seededRandom } from '../../../src/support/random.ts';
import { imageHashSeed as hashSeed, randomReplica, sealImage } from '../../support/replica-images.ts';
import type { FuzzTarget } from '../fuzz.ts';
import { hostileTuple, mutatedBytes } from '../mutations.ts';

const { start, image } = randomReplica(seededRandom('image'), { size: 44, origins: 3, updates: 5 });
const sample = encodeReplicaImage(image, start);
const imageHash = '0123456789abcdef'.repeat(4);
const { vector } = image;

/** A whole replica, its checksum right half of the time: what lies behind it is to be reached. */
export const replicaImages: FuzzTarget = {
  name: 'replica-image',
  perMille: 40,
  codes: ['MESSAGE_INVALID'],
  attempt(random) {
    const changed = random.below(20) === 0 ? sample.slice() : mutatedBytes(random, sample, [sample]);
    const bytes = random.below(2) === 0 ? sealImage(changed) : changed;
    const read = decodeReplicaImage(bytes, { start, hashSeed });
    // Whatever was changed in what is said of S, it is S, or its fingerprint would be another.
    assert.deepEqual(read.values, image.values);
    assert.equal(new Set(read.vector.map(([origin]) => origin)).size, read.fingerprints.length);
  },
};

const asked = [
  encodeReceiverMessage({ kind: 'ask', imageHash }),
  encodeReceiverMessage({ kind: 'send', offset: 70_000 }),
].map((bytes) => unpackTuple(bytes, 1000)!);

const answered = [
  encodeSourceMessage({ kind: 'head', head: { vector, samples: [['peer-1', 640]], imageBytes: 900, imageHash } }),
  encodeSourceMessage({ kind: 'piece', bytes: new Uint8Array(40) }),
  encodeSourceMessage({ kind: 'busy' }),
].map((pieces) => unpackTuple(Buffer.concat(pieces), 1000)!);

/** What is said of images, in both directions. */
export const replicaMessages: FuzzTarget = {
  name: 'replica-message',
  perMille: 60,
  codes: ['MESSAGE_INVALID'],
  attempt(random) {
    if (random.below(2) === 0) {
      const message = decodeReceiverMessage(hostileTuple(random, asked));
      assert.ok(message.kind === 'ask' || (Number.isInteger(message.offset) && message.offset >= 0));
      return;
    }
    const message = decodeSourceMessage(hostileTuple(random, answered));
    if (message.kind !== 'head') return;
    assert.match(message.head.imageHash, /^[0-9a-f]{64}$/);
    assert.ok(Number.isInteger(message.head.imageBytes) && message.head.imageBytes >= 0);
  },
};
