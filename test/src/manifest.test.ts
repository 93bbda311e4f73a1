import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canonicalJson,
  MAX_FEEDS,
  MAX_PARTITIONS,
  MAX_PEERS,
  type Manifest,
  manifestDigest,
  manifestDigests,
  manifestSchema,
  manifestSections,
} from '../../src/manifest.ts';
import { seededRandom } from '../../src/support/random.ts';
import { testManifest } from '../support/manifest.ts';

const manifest = testManifest();
const accepts = (value: unknown) => manifestSchema.safeParse(value).success;
const withField = (section: keyof Manifest, field: string, value: unknown) => ({
  ...manifest,
  [section]: { ...(manifest[section] as object), [field]: value },
});

describe('a manifest', () => {
  test('is read from its JSON as it was', () => {
    expect(manifestSchema.parse(JSON.parse(JSON.stringify(manifest)))).toEqual(manifest);
  });

  test('of MAX_PEERS peers is the largest', () => {
    expect(accepts({ ...manifest, peers: MAX_PEERS })).toBe(true);
    expect(accepts({ ...manifest, peers: MAX_PEERS + 1 })).toBe(false);
  });

  test('of MAX_PARTITIONS partitions is the finest', () => {
    expect(accepts(withField('exchange', 'partitions', MAX_PARTITIONS))).toBe(true);
    expect(accepts(withField('exchange', 'partitions', MAX_PARTITIONS + 1))).toBe(false);
  });

  test('may not lack a field, nor have one that nobody knows', () => {
    for (const section of Object.keys(manifest) as (keyof Manifest)[]) {
      const { [section]: _left, ...others } = manifest;
      expect(accepts(others)).toBe(false);
      const value = manifest[section];
      if (typeof value !== 'object' || value === null) continue;
      expect(accepts(withField(section, 'surprise', 1))).toBe(false);
      for (const field of Object.keys(value)) expect(accepts(withField(section, field, undefined))).toBe(false);
    }
    expect(accepts({ ...manifest, surprise: 1 })).toBe(false);
  });

  test.each<[keyof Manifest, string, unknown[]]>([
    ['training', 'batch', [0, 1.5, 65_537]],
    ['training', 'rate', [0, -1, 101, Number.NaN, Number.POSITIVE_INFINITY]],
    ['training', 'momentum', [-0.1, 1]],
    ['training', 'schedule', ['square']],
    ['exchange', 'strategy', ['gossip']],
    ['exchange', 'localSteps', [0, 10_001]],
    ['exchange', 'partitions', [0, 0.5]],
    ['exchange', 'density', [0, 1.01]],
    ['exchange', 'warmup', [[0], [2], Array.from({ length: 17 }, () => 0.5)]],
    ['exchange', 'lookahead', ['pending', -1, MAX_PEERS + 1]],
    ['exchange', 'staleness', [0, 1_000_001]],
    ['exchange', 'topology', ['ring', null]],
    ['exchange', 'feeds', [1, MAX_FEEDS + 1, 2.5]],
    ['exchange', 'latticeBits', [7, 29]],
    ['evaluation', 'everySamples', [0, 0.5]],
    ['target', 'value', [0, 1.1]],
    ['limits', 'seconds', [0, 31 * 86_400]],
    ['data', 'labelsPerPeer', [0, 257]],
  ])('with %s.%s out of bounds is refused', (section, field, values) => {
    for (const value of values) expect(accepts(withField(section, field, value))).toBe(false);
  });

  test.each(['Upper', '', '-dash', 'a b', '../x', 'a'.repeat(65)])('may not be called "%s"', (name) => {
    expect(accepts({ ...manifest, name })).toBe(false);
  });
});

describe('digests', () => {
  const changes: [string, Manifest][] = [
    ['name', testManifest({ name: 'other' })],
    ['seed', testManifest({ seed: 6 })],
    ['peers', testManifest({ peers: 3 })],
    ['model', testManifest({ model: { topology: { other: 1 } } })],
    ['data', testManifest({ data: { train: 601 } })],
    ['training', testManifest({ training: { rate: 0.2 } })],
    ['exchange', testManifest({ exchange: { density: 0.06 } })],
    ['evaluation', testManifest({ evaluation: { samples: 101 } })],
    ['target', testManifest({ target: { value: 0.91 } })],
    ['limits', testManifest({ limits: { seconds: 101 } })],
  ];

  test.each(changes)('tell apart another %s, and name that section alone', (section, changed) => {
    const [own, theirs] = [manifestDigests(manifest), manifestDigests(changed)];
    expect(manifestSections.filter((name) => own[name] !== theirs[name])).toEqual([section]);
    expect(manifestDigest(changed)).not.toBe(manifestDigest(manifest));
  });

  test('leave out what is local to a machine', () => {
    const local = testManifest({ data: { path: 'elsewhere' }, backend: 'cpu' });
    expect(manifestDigests(local)).toEqual(manifestDigests(manifest));
    expect(manifestDigest(local)).toBe(manifestDigest(manifest));
  });

  test('do not depend on the order of keys', () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed);
      if (value === null || typeof value !== 'object') return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, part]) => [key, reversed(part)]),
      );
    };
    expect(manifestDigest(reversed(manifest) as Manifest)).toBe(manifestDigest(manifest));
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

test('two thousand mutated manifests are accepted or refused, and nothing else happens', () => {
  const random = seededRandom('hostile manifests');
  const odd: unknown[] = [
    null,
    -1,
    0,
    1.5,
    1e300,
    '',
    'x'.repeat(1000),
    [],
    {},
    [[1]],
    true,
    undefined,
    { toString: 1 },
  ];
  const mutated = (value: unknown, depth: number): unknown => {
    if (depth === 0 || value === null || typeof value !== 'object') return odd[random.below(odd.length)];
    const entries = Object.entries(value);
    const chosen = random.below(Math.max(1, entries.length));
    return Object.fromEntries(entries.map(([key, part], at) => [key, at === chosen ? mutated(part, depth - 1) : part]));
  };
  let refused = 0;
  for (let n = 0; n < 2000; n++) if (!accepts(mutated(manifest, random.below(4)))) refused++;
  expect(refused).toBeGreaterThan(1000);
});
