import type { Delta } from '../sum/delta.ts';
import { invalidUpdate } from './invalid-update.ts';
import { latticeValue, requireFinite } from './magnitude.ts';
import type { CodeContext, EncodedDelta, UpdateCode } from './update-code.ts';

const BYTES_PER_ENTRY = 4;

/**
 * The whole range in little-endian float32, uncompressed: the control that sends everything. Positions, where given,
 * zero the entries that are not among them.
 */
export const denseFp32Code: UpdateCode = {
  id: 2,
  name: 'dense-fp32',

  encode(pending, positions, { range, unit }: CodeContext) {
    const { low, high } = range;
    const payload = new Uint8Array(BYTES_PER_ENTRY * (high - low));
    const view = new DataView(payload.buffer);
    const values = new Int32Array(high - low);
    const count = positions === null ? high - low : positions.length;
    for (let k = 0; k < count; k++) {
      const i = positions === null ? k : positions[k]! - low;
      const value = pending[low + i]!;
      requireFinite(value);
      view.setFloat32(BYTES_PER_ENTRY * i, value, true);
      values[i] = latticeValue(value, unit);
    }
    return { encoded: { magnitudes: [], payload }, delta: { positions: null, offset: low, values } };
  },

  decode({ magnitudes, payload }: EncodedDelta, { range, unit }: CodeContext): Delta {
    if (magnitudes.length > 0) throw invalidUpdate('magnitudes', 'do not belong to this code');
    const length = range.high - range.low;
    if (payload.length !== BYTES_PER_ENTRY * length) throw invalidUpdate('payload', 'is not as long as its range');
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    const values = new Int32Array(length);
    for (let i = 0; i < length; i++) {
      const value = view.getFloat32(BYTES_PER_ENTRY * i, true);
      if (!Number.isFinite(value)) throw invalidUpdate('payload', 'holds a number that is not finite');
      values[i] = latticeValue(value, unit);
    }
    return { positions: null, offset: range.low, values };
  },
};
