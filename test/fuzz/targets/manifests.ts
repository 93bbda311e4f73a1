import assert from 'node:assert/strict';
import { parseManifest } from '../../../bin/manifest-file.ts';
import { manifestDigest } from '../../../src/manifest.ts';
import { MAX_PARAMETERS, outlineOf } from '../../../src/models/outline.ts';
import type { Random } from '../../../src/support/random.ts';
import { testManifest } from '../../support/manifest.ts';
import type { FuzzTarget } from '../fuzz.ts';
import { mutatedText, mutatedValue, nested } from '../mutations.ts';

const sound = testManifest();
const text = JSON.stringify(sound);

/** Changed as text, or as what the text says. */
function hostileText(random: Random): string {
  switch (random.below(8)) {
    case 0:
      return mutatedText(random, mutatedText(random, text));
    case 1:
      return deep(random);
    default:
      return textOf(mutatedValue(random, random.below(3) === 0 ? mutatedValue(random, sound) : sound));
  }
}

/** A list in a list in a list, where a field or a layer's setting should be. */
function deep(random: Random): string {
  const depth = random.below(4) === 0 ? 100_000 : 1 + random.below(60);
  const list = '['.repeat(depth) + ']'.repeat(depth);
  return random.below(2) === 0 ? list : text.replace('"layers":', `"more":${list},"layers":`);
}

/** JSON has no numbers at the ends of arithmetic but by overflow, and no way to write deep nests recursively. */
function textOf(value: unknown): string {
  try {
    const overflow = (_key: string, part: unknown) => (part === Number.POSITIVE_INFINITY ? 'OVERFLOW' : part);
    return (JSON.stringify(value, overflow) ?? 'undefined').replaceAll('"OVERFLOW"', '1e999');
  } catch (error) {
    if (error instanceof RangeError) return JSON.stringify(nested(1, 100));
    throw error;
  }
}

/** What `murmur peer --run` reads, up to the model and the digests that the others compare. */
export const manifests: FuzzTarget = {
  name: 'manifest',
  perMille: 20,
  codes: ['CONFIG_INVALID'],
  attempt(random) {
    const manifest = parseManifest('manifest.json', hostileText(random));
    assert.ok(manifest.peers >= 1 && Number.isFinite(manifest.limits.samples));
    assert.match(manifestDigest(manifest), /^[0-9a-f]{64}$/);
    const { layout } = outlineOf(manifest.model.topology);
    assert.ok(layout.size >= 1 && layout.size <= MAX_PARAMETERS);
  },
};
