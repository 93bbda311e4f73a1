import type { Compute, Evaluation } from '../../src/compute/compute.ts';
import type { Minibatch } from '../../src/datasets/dataset.ts';

/** Evaluations remembered of each set of samples: the swarm's one model, and the latent ones of some peers between. */
const REMEMBERED = 4;

interface Evaluated {
  readonly parameters: Float32Array;
  readonly evaluation: Promise<Evaluation>;
}

/**
 * The compute of a simulation, whose peers end in one model: parameters that were just evaluated on the same samples
 * are not evaluated again. What it answers is what the compute behind it would.
 */
export function shareEvaluations(compute: Compute): Compute {
  const late = new WeakMap<Minibatch, Evaluated[]>();
  return {
    backend: compute.backend,
    layout: compute.layout,
    gradient: (parameters, batch, into) => compute.gradient(parameters, batch, into),
    loss: (parameters, batch) => compute.loss(parameters, batch),
    evaluate: (parameters, samples) => {
      const known = late.get(samples) ?? [];
      const same = known.find((each) => equal(each.parameters, parameters));
      const found = same ?? { parameters: parameters.slice(), evaluation: compute.evaluate(parameters, samples) };
      late.set(samples, [found, ...known.filter((each) => each !== same)].slice(0, REMEMBERED));
      return found.evaluation;
    },
    dispose: () => compute.dispose(),
  };
}

function equal(a: Float32Array, b: Float32Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
