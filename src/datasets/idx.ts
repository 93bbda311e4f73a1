import { gunzipSync } from 'node:zlib';
import { MurmurError } from '../support/errors.ts';

/** The most samples of one file: sixteen times MNIST's. */
export const MAX_IDX_SAMPLES = 1_000_000;
/** The most pixels along one side of an image: more than any data set that ships as IDX. */
export const MAX_IDX_SIDE = 1024;
/**
 * The most bytes of one file, unpacked: EMNIST's digits, the largest set of this kind and shape, take 188 MB, and a
 * compression bomb is stopped before it hurts.
 */
export const MAX_IDX_BYTES = 2 ** 28;

const UINT8 = 0x08;

/** An array of unsigned bytes: `shape[0]` samples, then their sides where they have any. */
export interface IdxArray {
  readonly file: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/**
 * Reads LeCun's IDX format (the MNIST page, "file format"): two zero bytes, element type, number of dimensions, each
 * dimension as a big-endian uint32, then the elements. Gzipped content is known by its first bytes.
 *
 * @param file the name that errors carry
 * @param dimensions 1 for labels, 3 for images
 * @throws DATA_CORRUPT naming the field of the header that is wrong
 */
export function parseIdx(file: string, content: Uint8Array, dimensions: 1 | 3): IdxArray {
  const bytes = isGzip(content) ? unpack(file, content) : content;
  const headerBytes = 4 + 4 * dimensions;
  if (bytes.length < headerBytes) {
    throw corrupt(file, 'header', `has ${bytes.length} bytes where ${headerBytes} are the least`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint16(0) !== 0) throw corrupt(file, 'magic', 'does not begin with two zero bytes');
  if (bytes[2] !== UINT8) throw corrupt(file, 'type', `is ${bytes[2]} where ${UINT8} (unsigned byte) is known`);
  if (bytes[3] !== dimensions) throw corrupt(file, 'dimensions', `are ${bytes[3]} where ${dimensions} are expected`);

  const shape = Array.from({ length: dimensions }, (_, axis) => view.getUint32(4 + 4 * axis));
  shape.forEach((side, axis) => {
    const most = axis === 0 ? MAX_IDX_SAMPLES : MAX_IDX_SIDE;
    if (side < 1 || side > most) throw corrupt(file, `shape[${axis}]`, `is ${side}, outside 1 to ${most}`);
  });
  const elements = shape.reduce((product, side) => product * side, 1);
  if (bytes.length !== headerBytes + elements) {
    throw corrupt(
      file,
      'elements',
      `are ${bytes.length - headerBytes} where the shape ${shape.join('x')} has ${elements}`,
    );
  }
  return { file, shape, bytes: new Uint8Array(bytes.buffer, bytes.byteOffset + headerBytes, elements) };
}

function isGzip(content: Uint8Array): boolean {
  return content[0] === 0x1f && content[1] === 0x8b;
}

function unpack(file: string, content: Uint8Array): Uint8Array {
  try {
    return gunzipSync(content, { maxOutputLength: MAX_IDX_BYTES });
  } catch (error) {
    throw corrupt(file, 'gzip', `cannot be unpacked (${error instanceof Error ? error.message : error})`);
  }
}

function corrupt(file: string, field: string, problem: string): MurmurError {
  return new MurmurError({ code: 'DATA_CORRUPT', file, field, problem, mend: 'fetch the file again from its source' });
}
