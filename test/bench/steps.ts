import type { Minibatch } from '../../src/datasets/dataset.ts';
import { initialParameters } from '../../src/models/initial-parameters.ts';
import { outlineOf } from '../../src/models/outline.ts';
import { seededRandom } from '../../src/support/random.ts';
import { median } from './report.ts';

const WARM_UP_STEPS = 10;

/** One gradient: parameters in, loss and gradient out. */
export type Step = (parameters: Float32Array, batch: Minibatch, into: Float32Array) => Promise<number>;

/** A step, and what is to be done before it, untimed. */
export interface Contestant {
  readonly step: Step;
  readonly prepare?: () => void;
}

export interface Comparison {
  /** Medians over the rounds. */
  readonly oneMs: number;
  readonly otherMs: number;
  /** Median over the rounds of the quotient of both. */
  readonly oneOverOther: number;
}

/** Times two ways to take the same step, in turns. */
export async function compareSteps(
  topology: unknown,
  [one, other]: readonly [Contestant, Contestant],
  { batch: count, rounds }: { batch: number; rounds: number },
): Promise<Comparison> {
  const { layout, inputShape, classes } = outlineOf(topology);
  const random = seededRandom(1);
  const parameters = initialParameters(layout, random);
  const entries = inputShape.reduce((product, side) => product * side, 1);
  const batch: Minibatch = {
    count,
    inputs: Float32Array.from({ length: count * entries }, () => random.uniform()),
    labels: Uint8Array.from({ length: count }, () => random.below(classes)),
  };
  const into = new Float32Array(parameters.length);
  const time = async ({ step, prepare }: Contestant) => {
    prepare?.();
    const start = performance.now();
    await step(parameters, batch, into);
    return performance.now() - start;
  };
  const timesMs: { one: number; other: number }[] = [];
  for (let round = -WARM_UP_STEPS; round < rounds; round++) {
    const times = { one: await time(one), other: await time(other) };
    if (round >= 0) timesMs.push(times);
  }
  return {
    oneMs: median(timesMs.map((times) => times.one)),
    otherMs: median(timesMs.map((times) => times.other)),
    oneOverOther: median(timesMs.map((times) => times.one / times.other)),
  };
}
