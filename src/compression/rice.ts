import { type BitReader, type BitWriter, MAX_BITS_PER_CALL } from './bits.ts';
import { invalidUpdate } from './invalid-update.ts';

/** Largest Rice parameter: a remainder is written in one call, with one bit of the unary part beside it. */
export const MAX_RICE_PARAMETER = MAX_BITS_PER_CALL - 1;
/** Bits that a parameter takes on the wire. */
export const RICE_PARAMETER_BITS = 5;

/**
 * Parameter for gaps between independent positions of which a share of `density` is taken: the best Rice code for
 * geometric gaps (Kiely, JPL IPN Progress Report 42-159, 2004).
 */
export function riceParameter(density: number): number {
  if (!(density > 0 && density < 1)) return 0;
  const parameter = 1 + Math.floor(Math.log2(Math.log(0.618) / Math.log1p(-density)));
  return Math.min(Math.max(parameter, 0), MAX_RICE_PARAMETER);
}

/** Parameter that makes the codes of `gaps` shortest, found from the one for independent positions. */
export function bestRiceParameter(gaps: Uint32Array, density: number): number {
  let parameter = riceParameter(density);
  let bits = riceBits(gaps, parameter);
  // The length is convex in the parameter (one bit more per gap each time, and a halved quotient less), so that the
  // first step that does not shorten it ends the search on that side.
  for (const step of [-1, 1]) {
    for (;;) {
      const next = parameter + step;
      if (next < 0 || next > MAX_RICE_PARAMETER) break;
      const nextBits = riceBits(gaps, next);
      if (nextBits >= bits) break;
      parameter = next;
      bits = nextBits;
    }
  }
  return parameter;
}

/** Length of the Rice codes of `gaps`, in bits. */
export function riceBits(gaps: Uint32Array, parameter: number): number {
  let quotients = 0;
  for (let i = 0; i < gaps.length; i++) quotients += gaps[i]! >>> parameter;
  return quotients + gaps.length * (1 + parameter);
}

/** Writes `gap`: its quotient by `2^parameter` in unary, then the remainder. */
export function writeRice(writer: BitWriter, gap: number, parameter: number): void {
  const quotient = gap >>> parameter;
  const remainder = gap & ((1 << parameter) - 1);
  if (quotient + 1 + parameter <= MAX_BITS_PER_CALL) {
    writer.write((1 << parameter) | remainder, quotient + 1 + parameter);
  } else {
    writer.writeUnary(quotient);
    writer.write(remainder, parameter);
  }
}

/** Reads a gap; throws MESSAGE_INVALID where it exceeds `largest`, so that no unary run is unbounded. */
export function readRice(reader: BitReader, parameter: number, largest: number): number {
  const quotient = reader.readUnary(largest >>> parameter);
  // The quotient's bound keeps the shift within 32 bits; the sum may exceed them.
  const gap = ((quotient << parameter) >>> 0) + reader.read(parameter);
  if (gap > largest) throw invalidUpdate('payload', 'has a position outside its range');
  return gap;
}
