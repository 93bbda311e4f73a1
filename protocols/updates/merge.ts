import { latticeValuesCode, writeValues } from '../../src/compression/lattice-values.ts';
import { MAX_MAGNITUDE } from '../../src/compression/magnitude.ts';
import type { Layout } from '../../src/models/layout.ts';
import type { Delta } from '../../src/sum/delta.ts';
import type { LogEntry } from '../../src/sum/update-log.ts';
import { isFailure } from '../../src/support/errors.ts';
import { maxFrameBytes } from './constants.ts';
import { decodeFrame, decodeUpdate, encodeFrame, type Frame } from './frame.ts';

/** What a source knows when it joins frames. */
export interface MergeContext {
  readonly layout: Layout;
  readonly unit: number;
  readonly nowMs: number;
}

/**
 * Joins consecutive updates of one origin into one that adds what they add together (design, section 1, merging). Null
 * where that is not to be had: nothing would be saved, one is dense or signed, or a sum is larger than an update may be.
 * The frame carries the last one's hash of all that its origin has published, where that has one.
 */
export function merged(entries: readonly LogEntry[], context: MergeContext): LogEntry | null {
  const { layout, unit } = context;
  const sums = new Float64Array(layout.size);
  const frames: Frame[] = [];
  for (const { bytes } of entries) {
    const frame = readFrame(bytes, context);
    if (frame === null || frame.signature !== null) return null;
    const { positions, values } = decodeUpdate(frame, layout, unit);
    if (positions === null) return null;
    for (let i = 0; i < values.length; i++) sums[positions[i]!]! += values[i]!;
    frames.push(frame);
  }
  const sum = sparse(sums);
  if (sum === null) return null;
  const bytes = encodeFrame(joint(frames, sum, layout.size));
  const parts = entries.reduce((total, entry) => total + entry.bytes.length, 0);
  if (bytes.length >= parts || bytes.length > maxFrameBytes(layout)) return null;
  const [first, last] = [entries[0]!, entries.at(-1)!];
  return { origin: last.origin, from: first.from, to: last.to, bytes };
}

/** Null for what is no sound frame. */
function readFrame(bytes: Uint8Array, context: MergeContext): Frame | null {
  try {
    return decodeFrame(bytes, context);
  } catch (error) {
    if (!isFailure(error, 'MESSAGE_INVALID')) throw error;
    return null;
  }
}

/** Null where an entry is larger than any may be. */
function sparse(sums: Float64Array): Delta | null {
  const count = sums.reduce((total, value) => total + (value === 0 ? 0 : 1), 0);
  const positions = new Uint32Array(count);
  const values = new Int32Array(count);
  for (let position = 0, i = 0; position < sums.length; position++) {
    const value = sums[position]!;
    if (value === 0) continue;
    if (Math.abs(value) > MAX_MAGNITUDE) return null;
    positions[i] = position;
    values[i++] = value;
  }
  return { positions, offset: 0, values };
}

/** The content is as old, on average, as that of the frames when the last one was published. */
function joint(frames: readonly Frame[], { positions, values }: Delta, size: number): Frame {
  const last = frames.at(-1)!;
  const waits = frames.map((frame) => frame.pendingMs + Math.max(0, last.publishedAtMs - frame.publishedAtMs));
  return {
    ...last,
    from: frames[0]!.from,
    pendingMs: waits.reduce((total, wait) => total + wait, 0) / waits.length,
    partition: 0,
    partitions: 1,
    code: latticeValuesCode.id,
    magnitudes: [],
    payload: writeValues(positions!, values, { low: 0, high: size }),
  };
}
