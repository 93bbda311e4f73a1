import { z } from 'zod';
import type { OriginKey } from '../src/sum/origin.ts';
import { MAX_TOTAL } from '../src/sum/version-vector.ts';
import { MurmurError } from '../src/support/errors.ts';
import { interned } from '../src/support/interned.ts';
import { unpackTuple } from './flat-tuple.ts';

/** Longest text form of a libp2p peer id that is taken: ed25519 ids have 52 characters, RSA ones 46, with room to spare. */
const MAX_NAME_CHARACTERS = 128;
/** Largest sequence number, sum of these, and count of samples. */
export const MAX_COUNT = MAX_TOTAL;

/**
 * Decodes and checks a control message. Throws MESSAGE_INVALID naming the field, whatever the bytes are.
 *
 * @param maxTokens values and lists in it; none takes less than a byte, but in memory an empty list takes 32
 */
export function decodeTuple<T>(
  message: string,
  bytes: Uint8Array,
  schema: z.ZodType<T>,
  maxBytes: number,
  maxTokens = maxBytes,
): T {
  if (bytes.length > maxBytes) throw invalid(message, 'body', `${bytes.length} bytes where ${maxBytes} are the most`);
  const value = unpackTuple(bytes, maxTokens);
  if (value === null) throw invalid(message, 'body', 'is not a tuple');
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const field = issue.path.length > 0 ? `[${issue.path.join('][')}]` : 'body';
  throw invalid(message, field, issue.message);
}

function invalid(message: string, field: string, problem: string): MurmurError {
  return new MurmurError({ code: 'MESSAGE_INVALID', message, field, problem });
}

/** Fields that several messages share. */
export const peerNameField: z.ZodType<string> = z
  .string()
  .max(MAX_NAME_CHARACTERS)
  .regex(/^[A-Za-z0-9-]+$/)
  .transform(interned);
export const originField: z.ZodType<OriginKey> = z
  .string()
  .max(MAX_NAME_CHARACTERS + 17)
  .regex(/^[A-Za-z0-9-]+\/[0-9a-f]{16}$/)
  .transform(interned);
/** So many bytes, read as twice as many hexadecimal digits. */
export const hexField = (bytes: number): z.ZodType<string> =>
  z
    .instanceof(Uint8Array)
    .refine(({ length }) => length === bytes, `is not ${bytes} bytes long`)
    .transform((value) => Buffer.from(value).toString('hex'));
export const countField: z.ZodType<number> = z.number().int().min(0).max(MAX_COUNT);
/** A long list. It is refused at its first wrong item: what is wrong with all of a hostile one overflows zod's stack. */
export const listField = <T>(item: z.ZodType<T>, maxItems: number): z.ZodType<T[]> =>
  z
    .array(z.unknown())
    .max(maxItems)
    .transform((items, context) => {
      const list: T[] = [];
      for (const value of items) {
        const parsed = item.safeParse(value);
        if (!parsed.success) {
          const { path, message } = parsed.error.issues[0]!;
          context.addIssue({ code: 'custom', path: [list.length, ...path], message });
          return z.NEVER;
        }
        list.push(parsed.data);
      }
      return list;
    });
/** A version vector, entry by entry. */
export const vectorField = (maxOrigins: number): z.ZodType<[OriginKey, number][]> =>
  listField(z.tuple([originField, countField]), maxOrigins);
