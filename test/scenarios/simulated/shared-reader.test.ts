import { expect, test, vi } from 'vitest';
import { FrameReader } from '../../../protocols/updates/update-reader.ts';
import { MAX_REMEMBERED_UPDATES, SharedReader } from '../../../scenarios/simulated/shared-reader.ts';
import { frameLayout, frameOf, frameUnit } from '../../support/frames.ts';

const fresh = new FrameReader(frameLayout, frameUnit);

function sharedReader() {
  const behind = new FrameReader(frameLayout, frameUnit);
  return { shared: new SharedReader(behind), reads: vi.spyOn(behind, 'read') };
}

test('equal bytes are read once, and kept once, whatever message they are in', () => {
  const { shared, reads } = sharedReader();
  const message = Uint8Array.of(9, ...frameOf(1), 9);
  const first = shared.read(message.subarray(1, -1), 1000);
  const second = shared.read(frameOf(1), 2000);
  expect(second).toBe(first);
  expect([...first.bytes]).toEqual([...frameOf(1)]);
  expect(first.bytes.buffer.byteLength).toBe(first.bytes.length);
  expect(reads).toHaveBeenCalledTimes(1);
});

test('a reader of its own reads the same, at any time', () => {
  const { shared } = sharedReader();
  for (const nowMs of [0, 1000, 2 ** 31 - 1, 2 ** 31, 2 ** 33, 1e12, 0]) {
    expect(shared.read(frameOf(1), nowMs)).toEqual(fresh.read(frameOf(1), nowMs));
  }
});

test('what is not equal to the bit is read anew, and refused as ever', () => {
  const { shared } = sharedReader();
  shared.read(frameOf(1), 0);
  for (let at = 0; at < frameOf(1).length; at++) {
    const changed = frameOf(1);
    changed[at]! ^= 1;
    const outcome = (reader: { read: typeof fresh.read }) => {
      try {
        return reader.read(changed, 0);
      } catch (error) {
        return String(error);
      }
    };
    expect(outcome(shared)).toEqual(outcome(fresh));
  }
});

test('the oldest are forgotten', () => {
  const { shared, reads } = sharedReader();
  for (let sequence = 1; sequence <= MAX_REMEMBERED_UPDATES + 1; sequence++) shared.read(frameOf(sequence), 0);
  reads.mockClear();
  shared.read(frameOf(MAX_REMEMBERED_UPDATES), 0);
  expect(reads).not.toHaveBeenCalled();
  shared.read(frameOf(1), 0);
  expect(reads).toHaveBeenCalledTimes(1);
});
