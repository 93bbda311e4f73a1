import { z } from 'zod';
import { type ManifestSection, manifestSections } from '../../src/manifest.ts';
import { packTuple } from '../flat-tuple.ts';
import { decodeTuple } from '../tuples.ts';
import { HELLO_DIGEST_BYTES, HELLO_MAX_BYTES } from './constants.ts';

const digestField = z
  .instanceof(Uint8Array)
  .refine((digest) => digest.length === HELLO_DIGEST_BYTES, 'has the wrong length');
const schema = z.array(z.tuple([z.string().max(32), digestField])).max(64);

/** What a peer runs: `[section, first bytes of its SHA-256]` for every section of its manifest. */
export function encodeHello(digests: Readonly<Record<ManifestSection, string>>): Uint8Array {
  return packTuple(
    manifestSections.map((section) => [section, Buffer.from(digests[section], 'hex').subarray(0, HELLO_DIGEST_BYTES)]),
  );
}

/** Sections in which a hello differs from the own digests, sections that only one side knows included. */
export function differingSections(bytes: Uint8Array, own: Readonly<Record<ManifestSection, string>>): string[] {
  const theirs = new Map(
    decodeTuple('hello', bytes, schema, HELLO_MAX_BYTES).map(([name, digest]) => [
      name,
      Buffer.from(digest).toString('hex'),
    ]),
  );
  // A map, for a name such as `constructor` is found in every object.
  const ours = new Map<string, string>(
    manifestSections.map((section) => [section, own[section].slice(0, 2 * HELLO_DIGEST_BYTES)]),
  );
  return [...new Set([...ours.keys(), ...theirs.keys()])].filter((name) => theirs.get(name) !== ours.get(name));
}
