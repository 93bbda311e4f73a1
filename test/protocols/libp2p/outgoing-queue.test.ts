import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageDecoder } from '../../../protocols/libp2p/framing.ts';
import { OutgoingQueue } from '../../../protocols/libp2p/outgoing-queue.ts';

describe('an outgoing queue', () => {
  it('gives messages back whole, in whatever pieces they came and in whatever chunks they leave', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 });
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 8 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 400 })),
        (messages, cuts) => {
          const queue = new OutgoingQueue();
          const decoder = new MessageDecoder(2000);
          const received: Uint8Array[] = [];
          const drain = (least: number) => {
            while (queue.bytes > least) {
              decoder.push(queue.take(Math.min(queue.bytes, cuts.next().value)));
              for (let message = decoder.read(); message !== null; message = decoder.read()) received.push(message);
            }
          };
          for (const message of messages) {
            queue.push(message);
            drain(200);
          }
          drain(0);
          expect(received.map(toHex)).toEqual(messages.map((message) => toHex(Buffer.concat(message))));
          expect(decoder.partial).toBe(false);
        },
      ),
    );
  });

  it('refers to what fills a chunk by itself, and leaves the pieces as they were', () => {
    const piece = new Uint8Array(1000).map((_, i) => i);
    const queue = new OutgoingQueue();
    queue.push([piece]);
    expect(queue.bytes).toBe(1002);
    expect(queue.take(2).byteLength).toBe(2);
    const chunk = queue.take(600);
    expect([chunk.buffer, chunk.byteOffset, chunk.byteLength]).toEqual([piece.buffer, 0, 600]);
    expect(queue.take(400)).toEqual(piece.subarray(600));
    expect(queue.bytes).toBe(0);
    expect(piece).toEqual(new Uint8Array(1000).map((_, i) => i));
  });
});

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
