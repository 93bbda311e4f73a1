import { describe, expect, it } from 'vitest';
import { countCorrect, softmaxCrossEntropy } from '../../../src/compute/cross-entropy.ts';

describe('softmaxCrossEntropy', () => {
  it('is ln(classes) where nothing is known', () => {
    expect(softmaxCrossEntropy(new Float32Array(20), Uint8Array.of(3, 9), 10)).toBeCloseTo(Math.log(10), 12);
  });

  it('stays finite for logits of any size', () => {
    const gradient = new Float32Array(4);
    const loss = softmaxCrossEntropy(Float32Array.of(1e30, 0, -1e4, 1e4), Uint8Array.of(0, 1), 2, gradient);
    expect(loss).toBe(0);
    expect([...gradient]).toEqual([0, 0, 0, 0]);
  });

  it('gives the mean gradient, (softmax - one-hot) / count', () => {
    const gradient = new Float32Array(4);
    softmaxCrossEntropy(Float32Array.of(0, Math.log(3), 0, 0), Uint8Array.of(0, 1), 2, gradient);
    [-0.375, 0.375, 0.25, -0.25].forEach((entry, i) => expect(gradient[i]).toBeCloseTo(entry, 6));
  });
});

describe('countCorrect', () => {
  it('takes the first of equal logits', () => {
    expect(countCorrect(Float32Array.of(1, 1, 0, 2, 5, 4), Uint8Array.of(0, 1), 3)).toBe(2);
    expect(countCorrect(Float32Array.of(1, 1, 0, 2, 5, 4), Uint8Array.of(1, 2), 3)).toBe(0);
  });
});
