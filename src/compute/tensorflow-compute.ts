import {
  customGrad,
  type Scalar,
  scalar,
  type Tensor,
  tensor,
  tidy,
  type Variable,
  variableGrads,
} from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Minibatch } from '../datasets/dataset.ts';
import { buildModel } from '../models/build-model.ts';
import type { Layout } from '../models/layout.ts';
import { type ModelOutline, outlineOf } from '../models/outline.ts';
import { MurmurError } from '../support/errors.ts';
import { chooseBackend, onBackend } from './backends.ts';
import type { BackendName, Compute, Evaluation } from './compute.ts';
import { countCorrect, softmaxCrossEntropy } from './cross-entropy.ts';

/** Samples evaluated at once: enough to keep the backend busy, few enough that wide layers fit into memory. */
export const EVALUATION_PIECE = 512;

export interface ComputeInit {
  readonly topology: unknown;
  /** The one to insist on; null takes the best present. */
  readonly backend: BackendName | null;
  /** Where `murmur setup tensorflow` puts the native backends, if they are wanted from there. */
  readonly tensorflowFolder?: string | undefined;
}

/** Builds a model on a backend. Throws `CONFIG_INVALID`, `BACKEND_UNAVAILABLE`. */
export async function createCompute(init: ComputeInit): Promise<Compute> {
  const outline = outlineOf(init.topology);
  const backend = await chooseBackend(init.backend, init.tensorflowFolder);
  const model = await onBackend(backend, () => buildModel(outline.topology));
  return new TensorFlowCompute(backend, outline, model);
}

/** A `LayersModel` whose variables are overwritten with the given parameters at each call. */
class TensorFlowCompute implements Compute {
  readonly backend: BackendName;
  readonly layout: Layout;
  readonly #outline: ModelOutline;
  readonly #model: LayersModel;
  /** One per tensor of the layout, in its order. */
  readonly #variables: readonly Variable[];

  constructor(backend: BackendName, outline: ModelOutline, model: LayersModel) {
    this.backend = backend;
    this.layout = outline.layout;
    this.#outline = outline;
    this.#model = model;
    this.#variables = model.trainableWeights.map((weight) => weight.read() as Variable);
  }

  async gradient(parameters: Float32Array, batch: Minibatch, into: Float32Array): Promise<number> {
    this.#check(parameters, batch);
    this.#checkLength('gradient', into.length, this.layout.size);
    return onBackend(this.backend, () => tidy(() => this.#differentiate(parameters, batch, into)));
  }

  async loss(parameters: Float32Array, batch: Minibatch): Promise<number> {
    return (await this.evaluate(parameters, batch)).loss;
  }

  async evaluate(parameters: Float32Array, samples: Minibatch): Promise<Evaluation> {
    this.#check(parameters, samples);
    return onBackend(this.backend, () => {
      tidy(() => this.#assign(parameters));
      return this.#score(samples);
    });
  }

  dispose(): void {
    this.#model.dispose();
  }

  #differentiate(parameters: Float32Array, batch: Minibatch, into: Float32Array): number {
    this.#assign(parameters);
    const inputs = this.#inputs(batch, 0, batch.count);
    let loss = 0;
    // The loss and its gradient are taken here rather than on the backend: on so few numbers a dozen kernels cost more
    // than the work.
    const lossOf = customGrad((given) => {
      const logits = given as Tensor;
      const gradient = new Float32Array(logits.size);
      loss = softmaxCrossEntropy(values(logits), batch.labels, this.#outline.classes, gradient);
      return { value: scalar(loss), gradFunc: () => tensor(gradient, logits.shape) };
    });
    const forward = () => lossOf(this.#model.apply(inputs, { training: true }) as Tensor) as Scalar;
    const { grads } = variableGrads(forward, [...this.#variables]);
    for (const [index, { offset }] of this.layout.tensors.entries()) {
      into.set(values(grads[this.#variables[index]!.name]!), offset);
    }
    return loss;
  }

  #score(samples: Minibatch): Evaluation {
    const { classes } = this.#outline;
    let correct = 0;
    let lossSum = 0;
    for (let from = 0; from < samples.count; from += EVALUATION_PIECE) {
      const to = Math.min(from + EVALUATION_PIECE, samples.count);
      const labels = samples.labels.subarray(from, to);
      tidy(() => {
        const logits = values(this.#model.apply(this.#inputs(samples, from, to)) as Tensor);
        lossSum += softmaxCrossEntropy(logits, labels, classes) * labels.length;
        correct += countCorrect(logits, labels, classes);
      });
    }
    return { accuracy: correct / samples.count, loss: lossSum / samples.count };
  }

  /** New tensors each time: the `wasm` backend keeps a packed form of a right operand for as long as the tensor lives. */
  #assign(parameters: Float32Array): void {
    for (const [index, { offset, size, shape }] of this.layout.tensors.entries()) {
      this.#variables[index]!.assign(tensor(parameters.subarray(offset, offset + size), [...shape]));
    }
  }

  #inputs(batch: Minibatch, from: number, to: number): Tensor {
    const { inputShape } = this.#outline;
    const entries = batch.inputs.length / batch.count;
    return tensor(batch.inputs.subarray(from * entries, to * entries), [to - from, ...inputShape]);
  }

  #check(parameters: Float32Array, batch: Minibatch): void {
    const { inputShape, classes } = this.#outline;
    const entries = inputShape.reduce((product, side) => product * side, 1);
    this.#checkLength('parameters', parameters.length, this.layout.size);
    if (batch.count < 1) throw refusal('batch.count', `is ${batch.count}`, 'give at least one sample');
    this.#checkLength('batch.labels', batch.labels.length, batch.count);
    this.#checkLength('batch.inputs', batch.inputs.length, batch.count * entries);
    const stray = batch.labels.find((label) => label >= classes);
    if (stray !== undefined) {
      const problem = `label ${stray} where the model has ${classes} outputs`;
      throw refusal('batch.labels', problem, 'use a model with one output per class of the data set');
    }
  }

  #checkLength(field: string, actual: number, expected: number): void {
    if (actual === expected) return;
    throw refusal(field, `${actual} entries`, `give ${expected}, which this model takes`);
  }
}

/** A float32 tensor's entries. */
function values(of: Tensor): Float32Array {
  return of.dataSync<'float32'>();
}

function refusal(field: string, problem: string, mend: string): MurmurError {
  return new MurmurError({ code: 'CONFIG_INVALID', field, problem, mend });
}
