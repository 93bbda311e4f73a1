import assert from 'node:assert/strict';
import { unpackTuple } from '../../../protocols/flat-tuple.ts';
import { differingSections, encodeHello } from '../../../protocols/hello/messages.ts';
import { manifestDigests, manifestSections } from '../../../src/manifest.ts';
import { testManifest } from '../../support/manifest.ts';
import type { FuzzTarget } from '../fuzz.ts';
import { hostileTuple } from '../mutations.ts';

const digests = manifestDigests(testManifest());
const samples = [digests, manifestDigests(testManifest({ seed: 6 }))].map(
  (each) => unpackTuple(encodeHello(each), 1000)!,
);

export const hello: FuzzTarget = {
  name: 'hello',
  perMille: 100,
  codes: ['MESSAGE_INVALID'],
  attempt(random) {
    const differing = differingSections(hostileTuple(random, samples), digests);
    assert.equal(new Set(differing).size, differing.length);
    assert.ok(differing.length <= manifestSections.length + 64);
    assert.ok(differing.every((name) => typeof name === 'string' && name.length <= 32));
  },
};
