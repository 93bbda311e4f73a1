import assert from 'node:assert/strict';
import { lengthPrefix, MessageDecoder } from '../../../protocols/libp2p/framing.ts';
import type { Random } from '../../../src/support/random.ts';
import type { FuzzTarget } from '../fuzz.ts';
import { mutatedBytes, randomBytes } from '../mutations.ts';

const BOUND = 300;

/** Messages behind their lengths, the stream changed somewhere and cut anywhere. */
export const framing: FuzzTarget = {
  name: 'framing',
  perMille: 80,
  codes: ['MESSAGE_INVALID'],
  attempt(random) {
    const messages = Array.from({ length: random.below(5) }, () => randomBytes(random, BOUND + 10));
    const sent = new Uint8Array(Buffer.concat(messages.flatMap((message) => [lengthPrefix(message.length), message])));
    const stream = random.below(3) === 0 ? sent : mutatedBytes(random, sent, [sent]);
    const decoder = new MessageDecoder(BOUND);
    let received = 0;
    for (let at = 0; at < stream.length; ) {
      const end = Math.min(stream.length, at + cut(random));
      decoder.push(stream.subarray(at, end));
      at = end;
      for (let message = decoder.read(); message !== null; message = decoder.read()) {
        assert.ok(message.length <= BOUND);
        assert.equal(message.buffer.byteLength, message.length);
        // Its prefix has one byte or more.
        received += message.length + 1;
        assert.ok(received <= at);
      }
    }
  },
};

const cut = (random: Random) => 1 + random.below(random.below(4) === 0 ? 400 : 8);
