import { MurmurError } from '../support/errors.ts';

const BLOCK_BYTES = 512;
/** Places in a header (POSIX.1-1988, "ustar"): name, size in octal digits, kind. */
const NAME = [0, 100] as const;
const SIZE = [124, 136] as const;
const KIND = 156;
/** A plain file is "0", or a zero byte in the oldest archives. */
const PLAIN = new Set([0x30, 0]);

/**
 * The plain files of a tar archive by their path in it, as views of `archive`. Long names and other extensions are not
 * known here: such members are left out.
 *
 * @param file the name that errors carry
 * @throws DATA_CORRUPT where a header or a member is cut short or makes no sense
 */
export function readTar(file: string, archive: Uint8Array): Map<string, Uint8Array> {
  const members = new Map<string, Uint8Array>();
  for (let at = 0; at < archive.length; ) {
    const header = archive.subarray(at, at + BLOCK_BYTES);
    if (header.length < BLOCK_BYTES) throw corrupt(file, `has ${header.length} bytes where ${BLOCK_BYTES} are needed`);
    // Two blocks of zeros end an archive.
    if (header[0] === 0) break;
    const digits = text(header, SIZE).trim();
    if (!/^[0-7]{1,11}$/.test(digits)) throw corrupt(file, `gives the size ${JSON.stringify(digits)}`);
    const size = Number.parseInt(digits, 8);
    at += BLOCK_BYTES;
    if (size > archive.length - at) {
      throw corrupt(file, `gives ${size} bytes where ${archive.length - at} are left`);
    }
    if (PLAIN.has(header[KIND]!)) members.set(text(header, NAME), archive.subarray(at, at + size));
    at += Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  }
  return members;
}

/** A field's characters up to the first zero byte. */
function text(header: Uint8Array, [from, to]: readonly [number, number]): string {
  const field = header.subarray(from, to);
  const end = field.indexOf(0);
  return Buffer.from(field.subarray(0, end === -1 ? field.length : end)).toString('latin1');
}

function corrupt(file: string, problem: string): MurmurError {
  const mend = 'fetch the file again from its source';
  return new MurmurError({ code: 'DATA_CORRUPT', file, field: 'header', problem, mend });
}
