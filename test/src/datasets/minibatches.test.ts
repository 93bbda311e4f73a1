import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Split } from '../../../src/datasets/dataset.ts';
import { Minibatches } from '../../../src/datasets/minibatches.ts';
import { seededRandom } from '../../../src/support/random.ts';

/** Sample `i` is the pair (i, 100 - i) with label i mod 7. */
const split: Split = {
  count: 100,
  labels: Uint8Array.from({ length: 100 }, (_, index) => index % 7),
  read(index, into, offset) {
    into[offset] = index;
    into[offset + 1] = 100 - index;
  },
};

function stream(shard: Uint32Array, batch: number, seed = 1): Minibatches {
  return new Minibatches(split, 2, shard, batch, seededRandom(seed));
}

function draw(minibatches: Minibatches, samples: number, batch: number): number[] {
  const drawn: number[] = [];
  while (drawn.length < samples) {
    const { count, inputs, labels } = minibatches.next();
    expect([count, inputs.length, labels.length]).toEqual([batch, 2 * batch, batch]);
    for (let row = 0; row < count; row++) {
      const index = inputs[2 * row]!;
      expect([inputs[2 * row + 1], labels[row]]).toEqual([100 - index, index % 7]);
      drawn.push(index);
    }
  }
  return drawn;
}

describe('Minibatches', () => {
  it('goes on anywhere in its stream', () => {
    fc.assert(
      fc.property(fc.nat(200), (drawn) => {
        const shard = Uint32Array.from({ length: 17 }, (_, index) => index);
        const whole = draw(stream(shard, 1), 250, 1);
        const rest = stream(shard, 1);
        rest.advance(drawn);
        expect(draw(rest, 50, 1)).toEqual(whole.slice(drawn, drawn + 50));
      }),
    );
  });

  it('takes every sample of the shard once an epoch, whatever the batch', () => {
    const shards = fc.uniqueArray(fc.nat(99), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(shards, fc.integer({ min: 1, max: 90 }), fc.nat(), (members, batch, seed) => {
        const shard = Uint32Array.from(members);
        const drawn = draw(stream(shard, batch, seed), 3 * shard.length, batch);
        const sorted = [...members].sort((a, b) => a - b);
        for (let epoch = 0; epoch < 3; epoch++) {
          const seen = drawn.slice(epoch * shard.length, (epoch + 1) * shard.length);
          expect(seen.sort((a, b) => a - b)).toEqual(sorted);
        }
        expect(shard).toEqual(Uint32Array.from(members));
      }),
    );
  });

  it('orders each epoch anew, and alike for like seeds', () => {
    const shard = Uint32Array.from({ length: 50 }, (_, index) => 2 * index);
    const drawn = draw(stream(shard, 10), 100, 10);
    expect(drawn.slice(0, 50)).not.toEqual(drawn.slice(50));
    expect(draw(stream(shard, 10), 100, 10)).toEqual(drawn);
    expect(draw(stream(shard, 10, 2), 100, 10)).not.toEqual(drawn);
  });

  it('reuses its buffers', () => {
    const minibatches = stream(Uint32Array.of(1, 2, 3), 2);
    const { inputs, labels } = minibatches.next();
    const next = minibatches.next();
    expect(next.inputs).toBe(inputs);
    expect(next.labels).toBe(labels);
  });

  it('refuses an empty shard', () => {
    expect(() => stream(new Uint32Array(0), 2)).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ code: 'CONFIG_INVALID', field: 'data.train' }) }),
    );
  });
});
