import { expect } from 'vitest';
import type { OriginKey, PeerName } from '../../src/sum/origin.ts';

export const originOf = (peer: PeerName, incarnation = 1): OriginKey =>
  `${peer}/${String(incarnation).padStart(16, '0')}`;

/** Bytes that stand for an update and tell which one it is, as `origin#sequence`: neither a source nor a feed reads a frame. */
export function labelledFrame(origin: OriginKey, sequence: number, bytes = 100): Uint8Array {
  const frame = new Uint8Array(bytes);
  frame.set(Buffer.from(`${origin}#${sequence}`));
  return frame;
}

/** What a labelled frame says it is, which must be of this origin. */
export function labelOf(origin: OriginKey, frame: Uint8Array): string {
  const text = Buffer.from(frame).toString().replaceAll('\0', '');
  expect(text.startsWith(`${origin}#`)).toBe(true);
  return text;
}

/** The labels of an origin's updates beyond `from`, up to `to`. */
export const labels = (origin: OriginKey, from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `${origin}#${from + i + 1}`);
