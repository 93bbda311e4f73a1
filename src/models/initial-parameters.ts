import type { Random } from '../support/random.ts';
import type { Layout } from './layout.ts';

/**
 * The start of a run: kernels are normal with variance 2 / fan-in (He et al., ICCV 2015, section 2.2), all else zero.
 * Each tensor has its own stream of `random`, so equal seeds give equal bits on every backend and platform.
 */
export function initialParameters(layout: Layout, random: Random): Float32Array {
  const parameters = new Float32Array(layout.size);
  for (const { name, shape, offset, size, role } of layout.tensors) {
    if (role !== 'kernel') continue;
    const fanIn = size / shape.at(-1)!;
    const deviation = Math.sqrt(2 / fanIn);
    const stream = random.fork(name);
    for (let i = 0; i < size; i++) parameters[offset + i] = deviation * stream.normal();
  }
  return parameters;
}
