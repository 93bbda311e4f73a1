import type { Delta, Range } from '../sum/delta.ts';
import { BitReader, BitWriter } from './bits.ts';
import { countBits, everyPosition, gapsOf, readCount } from './gaps.ts';
import { invalidUpdate } from './invalid-update.ts';
import { latticeValue, MAX_MAGNITUDE, requireFinite } from './magnitude.ts';
import { bestRiceParameter, MAX_RICE_PARAMETER, RICE_PARAMETER_BITS, readRice, writeRice } from './rice.ts';
import type { CodeContext, EncodedDelta, UpdateCode } from './update-code.ts';

/** Bits of a value's amount, 1 to `MAX_MAGNITUDE`. */
const AMOUNT_BITS = 29;

/**
 * A value of its own for every entry: what a sum of several updates has, whose entries took the magnitudes of one or a few
 * of them. The amounts are listed once; an entry tells the place of its own in the list, beside gap and sign.
 */
export const latticeValuesCode: UpdateCode = {
  id: 3,
  name: 'lattice-values',

  encode(pending, selected, { range, unit }: CodeContext) {
    const positions = selected === null ? everyPosition(range) : selected.slice();
    const values = Int32Array.from(positions, (position) => {
      const entry = pending[position]!;
      requireFinite(entry);
      return Math.max(1, latticeValue(Math.abs(entry), unit)) * (entry < 0 ? -1 : 1);
    });
    const delta: Delta = { positions, offset: range.low, values };
    return { encoded: { magnitudes: [], payload: writeValues(positions, values, range) }, delta };
  },

  decode({ magnitudes, payload }: EncodedDelta, { range }: CodeContext): Delta {
    if (magnitudes.length > 0) throw invalidUpdate('magnitudes', 'are not used by this code');
    return { ...readValues(payload, range), offset: range.low };
  },
};

/** The payload for `values`, none of them zero and none above `MAX_MAGNITUDE` either way, at ascending `positions`. */
export function writeValues(positions: Uint32Array, values: Int32Array, range: Range): Uint8Array {
  const amounts = Uint32Array.from(new Set(values.map(Math.abs))).sort();
  const places = new Map(Array.from(amounts, (amount, place) => [amount, place]));
  const placeBits = bitsOfPlace(amounts.length);
  const gaps = gapsOf(positions, range);
  const parameter = bestRiceParameter(gaps, gaps.length / (range.high - range.low));
  const writer = new BitWriter(4 * (gaps.length + amounts.length) + 16);
  writer.writeLong(gaps.length, countBits(range));
  if (gaps.length === 0) return writer.finish();
  writer.writeLong(amounts.length, countBits(range));
  for (const amount of amounts) writer.writeLong(amount, AMOUNT_BITS);
  writer.write(parameter, RICE_PARAMETER_BITS);
  for (let i = 0; i < gaps.length; i++) {
    writeRice(writer, gaps[i]!, parameter);
    writer.write(values[i]! < 0 ? 1 : 0, 1);
    writer.writeLong(places.get(Math.abs(values[i]!))!, placeBits);
  }
  return writer.finish();
}

function readValues(payload: Uint8Array, range: Range): { positions: Uint32Array; values: Int32Array } {
  const reader = new BitReader(payload);
  const count = readCount(reader, range);
  const positions = new Uint32Array(count);
  const values = new Int32Array(count);
  const amounts = count > 0 ? readAmounts(reader, count, range) : values;
  const placeBits = bitsOfPlace(amounts.length);
  const parameter = count > 0 ? reader.read(RICE_PARAMETER_BITS) : 0;
  if (parameter > MAX_RICE_PARAMETER) throw invalidUpdate('payload', 'has a Rice parameter out of bounds');
  // What the gaps still to come may add up to.
  let slack = range.high - range.low - count;
  for (let i = 0, next = range.low; i < count; i++) {
    const gap = readRice(reader, parameter, slack);
    slack -= gap;
    positions[i] = next + gap;
    next += gap + 1;
    const sign = 1 - 2 * reader.read(1);
    const amount = amounts[reader.readLong(placeBits)];
    if (amount === undefined) throw invalidUpdate('payload', 'names an amount that is not listed');
    values[i] = sign * amount;
  }
  reader.finish();
  return { positions, values };
}

/** The list of amounts, ascending. */
function readAmounts(reader: BitReader, count: number, range: Range): Int32Array {
  const length = reader.readLong(countBits(range));
  if (length < 1 || length > count) throw invalidUpdate('payload', 'lists more amounts than entries, or none');
  if (AMOUNT_BITS * length > reader.remaining) throw invalidUpdate('payload', 'ends early');
  const amounts = new Int32Array(length);
  for (let place = 0, above = 0; place < length; place++) {
    const amount = reader.readLong(AMOUNT_BITS);
    if (amount <= above || amount > MAX_MAGNITUDE) throw invalidUpdate('payload', 'lists an amount out of bounds');
    amounts[place] = amount;
    above = amount;
  }
  return amounts;
}

function bitsOfPlace(amounts: number): number {
  return amounts < 2 ? 0 : 32 - Math.clz32(amounts - 1);
}
