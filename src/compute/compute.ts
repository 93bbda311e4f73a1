import type { Minibatch } from '../datasets/dataset.ts';
import type { Layout } from '../models/layout.ts';

/** How good parameters are on a set of samples. */
export interface Evaluation {
  /** Share of samples whose largest output is their label, in [0, 1]. */
  readonly accuracy: number;
  /** Mean softmax cross-entropy, in nats. */
  readonly loss: number;
}

/**
 * Differentiates one model over a flat parameter vector of `layout.size` float32 entries. Stateless between calls:
 * several peers of a simulation share one instance. Asynchronous, so that a worker thread can serve it.
 */
export interface Compute {
  /** The backend's name, as printed and reported. */
  readonly backend: BackendName;
  readonly layout: Layout;
  /** Writes d(mean loss)/d(parameters) over `into` (same length) and returns the mean loss. */
  gradient(parameters: Float32Array, batch: Minibatch, into: Float32Array): Promise<number>;
  /** The mean loss alone. */
  loss(parameters: Float32Array, batch: Minibatch): Promise<number>;
  /** Accuracy and loss over any number of samples; the implementation cuts them into pieces that fit. */
  evaluate(parameters: Float32Array, samples: Minibatch): Promise<Evaluation>;
  dispose(): void;
}

/** Best first is the order of choice where none is forced. */
export const backendNames = ['tensorflow-gpu', 'tensorflow', 'wasm', 'cpu'] as const;
export type BackendName = (typeof backendNames)[number];
