import type { Layout } from '../models/layout.ts';
import type { Delta, Range } from '../sum/delta.ts';
import { BitReader, BitWriter } from './bits.ts';
import { countBits, everyPosition, gapsOf, readCount } from './gaps.ts';
import { invalidUpdate } from './invalid-update.ts';
import { isMagnitude, latticeValue, requireFinite } from './magnitude.ts';
import { bestRiceParameter, MAX_RICE_PARAMETER, RICE_PARAMETER_BITS, readRice, riceBits, writeRice } from './rice.ts';
import type { CodeContext, EncodedDelta, UpdateCode } from './update-code.ts';

/**
 * A sign per entry, one magnitude per tensor touched: the mean of `|x|` over its entries, at least one unit. With
 * error feedback the kept entries are nearly equal, so that little is lost, and what is lost stays pending
 * (EF-signSGD: Karimireddy et al., ICML 2019, there per whole gradient).
 *
 * The payload is one bit stream: the count of entries, in as many bits as the range's length takes; where it is not
 * zero, the Rice parameter in 5 bits, then per entry the gap to its predecessor in Rice code and the sign.
 */
export const signMagnitudeCode: UpdateCode = {
  id: 1,
  name: 'sign-magnitude',

  encode(pending, selected, { layout, range, unit }: CodeContext) {
    const positions = selected === null ? everyPosition(range) : selected.slice();
    const magnitudes: number[] = [];
    const values = new Int32Array(positions.length);
    for (let first = 0; first < positions.length; ) {
      const last = endOfTensor(positions, first, layout);
      const magnitude = sharedMagnitude(pending, positions, first, last, unit);
      for (let i = first; i < last; i++) values[i] = pending[positions[i]!]! < 0 ? -magnitude : magnitude;
      magnitudes.push(magnitude);
      first = last;
    }
    const delta: Delta = { positions, offset: range.low, values };
    return { encoded: { magnitudes, payload: writePayload(positions, values, range) }, delta };
  },

  decode({ magnitudes, payload }: EncodedDelta, { layout, range }: CodeContext): Delta {
    const { positions, values: signs } = readPayload(payload, range);
    let touched = 0;
    for (let first = 0; first < positions.length; touched++) {
      const last = endOfTensor(positions, first, layout);
      const magnitude = magnitudes[touched];
      if (magnitude === undefined) throw invalidUpdate('magnitudes', 'are fewer than the tensors touched');
      if (!isMagnitude(magnitude)) throw invalidUpdate('magnitudes', 'hold one out of bounds');
      for (let i = first; i < last; i++) signs[i]! *= magnitude;
      first = last;
    }
    if (touched < magnitudes.length) throw invalidUpdate('magnitudes', 'are more than the tensors touched');
    return { positions, offset: range.low, values: signs };
  },
};

/** Index behind the last of the positions from `first` on that lie in the same tensor as `positions[first]`. */
function endOfTensor(positions: Uint32Array, first: number, layout: Layout): number {
  const { offset, size } = layout.tensors.find((slot) => positions[first]! < slot.offset + slot.size)!;
  let last = first + 1;
  while (last < positions.length && positions[last]! < offset + size) last++;
  return last;
}

/** Mean of `|pending|` at `positions[first]` to `positions[last - 1]`, in lattice units. */
function sharedMagnitude(pending: Float32Array, positions: Uint32Array, first: number, last: number, unit: number) {
  let sum = 0;
  for (let i = first; i < last; i++) sum += Math.abs(pending[positions[i]!]!);
  requireFinite(sum);
  return Math.max(1, latticeValue(sum / (last - first), unit));
}

function writePayload(positions: Uint32Array, values: Int32Array, range: Range): Uint8Array {
  const gaps = gapsOf(positions, range);
  const count = gaps.length;
  const parameter = bestRiceParameter(gaps, count / (range.high - range.low));
  const writer = new BitWriter(Math.ceil((riceBits(gaps, parameter) + count) / 8) + 12);
  writer.writeLong(count, countBits(range));
  if (count > 0) writer.write(parameter, RICE_PARAMETER_BITS);
  for (let i = 0; i < count; i++) {
    writeRice(writer, gaps[i]!, parameter);
    writer.write(values[i]! < 0 ? 1 : 0, 1);
  }
  return writer.finish();
}

/** Positions, and 1 or -1 for each. */
function readPayload(payload: Uint8Array, range: Range): { positions: Uint32Array; values: Int32Array } {
  const reader = new BitReader(payload);
  const count = readCount(reader, range);
  const parameter = count > 0 ? reader.read(RICE_PARAMETER_BITS) : 0;
  if (parameter > MAX_RICE_PARAMETER) throw invalidUpdate('payload', 'has a Rice parameter out of bounds');
  const positions = new Uint32Array(count);
  const values = new Int32Array(count);
  // What the gaps still to come may add up to.
  let slack = range.high - range.low - count;
  for (let i = 0, next = range.low; i < count; i++) {
    const gap = readRice(reader, parameter, slack);
    slack -= gap;
    positions[i] = next + gap;
    next += gap + 1;
    values[i] = 1 - 2 * reader.read(1);
  }
  reader.finish();
  return { positions, values };
}
