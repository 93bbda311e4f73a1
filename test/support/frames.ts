import { encodeFrame, type Frame } from '../../protocols/updates/frame.ts';
import { signMagnitudeCode } from '../../src/compression/sign-magnitude.ts';
import { layoutOf } from '../../src/models/layout.ts';

export const frameUnit = 2 ** -24;
export const frameLayout = layoutOf([
  { name: 'kernel', shape: [10, 4] },
  { name: 'bias', shape: [4] },
]);

const range = { low: 0, high: frameLayout.size };
const pending = new Float32Array(frameLayout.size).fill(0.01);
const { encoded } = signMagnitudeCode.encode(pending, Uint32Array.of(3, 41), {
  layout: frameLayout,
  range,
  unit: frameUnit,
});

/** A frame that changes two parameters of `frameLayout`: update `to` of its origin, with some fields replaced. */
export function frameOf(to: number, replaced: Partial<Frame> = {}): Uint8Array {
  return encodeFrame({
    from: to - 1,
    to,
    samples: 100 * to,
    publishedAtMs: 1000,
    pendingMs: 50,
    partition: 0,
    partitions: 1,
    code: signMagnitudeCode.id,
    fingerprint: null,
    signature: null,
    ...encoded,
    ...replaced,
  });
}
