import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelSkew, shardIndices } from '../../../src/datasets/shards.ts';
import { seededRandom } from '../../../src/support/random.ts';

function allShards(labels: Uint8Array, peers: number, labelsPerPeer: number | null, seed = 1): Uint32Array[] {
  return Array.from({ length: peers }, (_, peer) =>
    shardIndices(labels, { peers, peer, labelsPerPeer, random: seededRandom(seed) }),
  );
}

function labelsOf(labels: Uint8Array, shard: Uint32Array): Set<number> {
  return new Set(Array.from(shard, (index) => labels[index]!));
}

const balanced = Uint8Array.from({ length: 2000 }, (_, index) => index % 10);

describe('shardIndices', () => {
  it('partitions the set: every sample at one peer, no peer without', () => {
    const cases = fc.record({
      labels: fc.uint8Array({ minLength: 1, maxLength: 400, max: 12 }),
      peers: fc.integer({ min: 1, max: 40 }),
      labelsPerPeer: fc.option(fc.integer({ min: 1, max: 14 })),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(cases, ({ labels, peers, labelsPerPeer, seed }) => {
        fc.pre(labels.length >= peers);
        const shards = allShards(labels, peers, labelsPerPeer, seed);
        const indices = shards.flatMap((shard) => [...shard]).sort((a, b) => a - b);
        expect(indices).toEqual(Array.from(labels, (_, index) => index));
        expect(Math.min(...shards.map((shard) => shard.length))).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });

  it('gives no peer more labels than asked for where the peers have room for all', () => {
    const cases = fc.record({
      peers: fc.integer({ min: 1, max: 40 }),
      labelsPerPeer: fc.integer({ min: 1, max: 9 }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(cases, ({ peers, labelsPerPeer, seed }) => {
        fc.pre(peers * labelsPerPeer >= 10);
        for (const shard of allShards(balanced, peers, labelsPerPeer, seed)) {
          expect(labelsOf(balanced, shard).size).toBe(labelsPerPeer);
        }
      }),
    );
  });

  it('deals equal shards of two labels to ten peers', () => {
    expect(allShards(balanced, 10, 2).map((shard) => shard.length)).toEqual(new Array(10).fill(200));
  });

  it('falls back to sorted pieces where the peers have no room for every label', () => {
    const shards = allShards(balanced, 4, 2);
    expect(shards.map((shard) => shard.length)).toEqual([500, 500, 500, 500]);
    for (const shard of shards) expect(labelsOf(balanced, shard).size).toBeLessThanOrEqual(4);
  });

  it('deals evenly without labelsPerPeer: sizes differ by one at most', () => {
    const sizes = allShards(balanced, 7, null).map((shard) => shard.length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  });

  it.each([null, 2])(
    'depends on the seed, not on what was drawn from the stream before (labelsPerPeer %s)',
    (labelsPerPeer) => {
      const shard = (seed: number, drawn: number) => {
        const random = seededRandom(seed);
        for (let draw = 0; draw < drawn; draw++) random.uniform();
        return shardIndices(balanced, { peers: 5, peer: 3, labelsPerPeer, random });
      };
      expect(shard(1, 5)).toEqual(shard(1, 0));
      expect(shard(2, 0)).not.toEqual(shard(1, 0));
    },
  );

  it('refuses fewer samples than peers', () => {
    expect(() => allShards(Uint8Array.of(1, 2), 3, null)).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ code: 'CONFIG_INVALID', field: 'data.train' }) }),
    );
  });
});

describe('labelSkew', () => {
  it('is the total variation distance to the labels of the whole set', () => {
    const labels = Uint8Array.of(0, 0, 1, 1, 2, 2, 3, 3);
    expect(labelSkew(labels, Uint32Array.of(0, 2, 4, 6), 4)).toBeCloseTo(0, 12);
    expect(labelSkew(labels, Uint32Array.of(0, 1), 4)).toBeCloseTo(0.75, 12);
    expect(labelSkew(labels, Uint32Array.of(0, 1, 2), 4)).toBeCloseTo(0.5, 12);
  });

  it('tells like shards from unlike ones', () => {
    const skews = (labelsPerPeer: number | null) =>
      allShards(balanced, 10, labelsPerPeer).map((shard) => labelSkew(balanced, shard, 10));
    expect(Math.max(...skews(null))).toBeLessThan(0.25);
    expect(Math.min(...skews(2))).toBeCloseTo(0.8, 2);
  });
});
