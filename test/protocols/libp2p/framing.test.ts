import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lengthPrefix, MessageDecoder } from '../../../protocols/libp2p/framing.ts';
import { isFailure } from '../../../src/support/errors.ts';

const BOUND = 70_000;

const encodeMessage = (message: Uint8Array) =>
  new Uint8Array(Buffer.concat([lengthPrefix(message.byteLength), message]));

function readAll(decoder: MessageDecoder): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let message = decoder.read(); message !== null; message = decoder.read()) messages.push(message);
  return messages;
}

const refused = (action: () => unknown) => {
  try {
    action();
    return 'nothing';
  } catch (error) {
    return isFailure(error) ? error.code : error;
  }
};

describe('framing', () => {
  it('gives back the messages however the bytes are cut', () => {
    const lengths = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(127, 128, 16_383, 16_384, 65_536));
    fc.assert(
      fc.property(
        fc.array(lengths, { maxLength: 8 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 9000 })),
        (sizes, cuts) => {
          const sent = sizes.map((size, index) => new Uint8Array(size).map((_, at) => at * 7 + index));
          const bytes = Uint8Array.from(Buffer.concat(sent.map(encodeMessage)));
          const decoder = new MessageDecoder(BOUND);
          const received: Uint8Array[] = [];
          for (let at = 0; at < bytes.byteLength; ) {
            const end = at + cuts.next().value;
            decoder.push(bytes.subarray(at, end));
            received.push(...readAll(decoder));
            at = end;
          }
          expect(received.map(({ byteLength }) => byteLength)).toEqual(sizes);
          for (const [index, message] of received.entries()) expect(Buffer.compare(message, sent[index]!)).toBe(0);
          expect(decoder.partial).toBe(false);
        },
      ),
    );
  });

  it('takes the longest message and refuses one byte more by its length alone', () => {
    const decoder = new MessageDecoder(BOUND);
    decoder.push(encodeMessage(new Uint8Array(BOUND)));
    expect(decoder.read()?.byteLength).toBe(BOUND);
    decoder.push(encodeMessage(new Uint8Array(BOUND + 1)).subarray(0, 3));
    expect(refused(() => decoder.read())).toBe('MESSAGE_INVALID');
  });

  it.each([
    ['of five bytes', [0xff, 0xff, 0xff, 0xff, 0x7f]],
    ['without end', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80]],
  ])('refuses a length %s', (_name, prefix) => {
    const decoder = new MessageDecoder(BOUND);
    decoder.push(Uint8Array.from(prefix));
    expect(refused(() => decoder.read())).toBe('MESSAGE_INVALID');
  });

  it('knows when it holds part of a message', () => {
    const decoder = new MessageDecoder(BOUND);
    const bytes = encodeMessage(new Uint8Array(200));
    for (const byte of bytes.subarray(0, -1)) {
      decoder.push(Uint8Array.of(byte));
      expect(decoder.read()).toBeNull();
      expect(decoder.partial).toBe(true);
    }
    decoder.push(bytes.subarray(-1));
    expect(decoder.read()).toHaveLength(200);
    expect(decoder.partial).toBe(false);
  });

  it('holds no more than four times what came, however small its chunks and large its claim', () => {
    const before = process.memoryUsage();
    const bound = 2 ** 21;
    // The prefix and six bytes of the body.
    const claim = encodeMessage(new Uint8Array(bound)).slice(0, 10);
    const decoders = Array.from({ length: 500 }, () => new MessageDecoder(bound));
    for (const decoder of decoders) {
      decoder.push(claim);
      expect(decoder.read()).toBeNull();
    }
    const tiny = decoders[0]!;
    for (let received = 6; received < bound - 1; received++) {
      tiny.push(Uint8Array.of(received));
      tiny.read();
    }
    const after = process.memoryUsage();
    expect(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(2 ** 26);
    tiny.push(Uint8Array.of(7));
    const message = tiny.read()!;
    expect([message.length, message.buffer.byteLength, message.at(-1)]).toEqual([bound, bound, 7]);
  });
});
