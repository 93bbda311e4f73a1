import type { Random } from '../support/random.ts';
import type { Layout } from './layout.ts';

/**
 * The start of a run: kernels are normal with variance gain / fan-in, all else zero. The gain is 2 (He et al., ICCV 2015,
 * section 2.2), and 1 for convolutions that nothing non-linear follows (LeCun et al., "Efficient BackProp", 1998,
 * section 4.6); a convolution's fan-in is that of its window. Each tensor has its own stream of `random`, so equal seeds
 * give equal bits on every backend and platform.
 */
export function initialParameters(layout: Layout, random: Random): Float32Array {
  const parameters = new Float32Array(layout.size);
  for (const { name, shape, offset, size, role, gain } of layout.tensors) {
    if (role !== 'kernel') continue;
    const fanIn = size / shape.at(-1)!;
    const deviation = Math.sqrt(gain / fanIn);
    const stream = random.fork(name);
    for (let i = 0; i < size; i++) parameters[offset + i] = deviation * stream.normal();
  }
  return parameters;
}
