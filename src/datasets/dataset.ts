/** Labelled samples, read one at a time so that a peer touches only those of its own shard. */
export interface Split {
  readonly count: number;
  /** One label per sample, below the data set's `classes`; known without reading the samples. */
  readonly labels: Uint8Array;
  /** Writes sample `index` as float32, scaled or normalised as the data set does it, into `into` from `offset` on. */
  read(index: number, into: Float32Array, offset: number): void;
}

export interface Dataset {
  readonly name: string;
  /** Shape of one sample as the data set stores it, [height, width] or [height, width, channels]. */
  readonly sampleShape: readonly number[];
  readonly classes: number;
  readonly train: Split;
  readonly test: Split;
}

/** Samples side by side, as compute takes them. */
export interface Minibatch {
  readonly count: number;
  /** [count, sample size], row after row. */
  readonly inputs: Float32Array;
  /** [count] */
  readonly labels: Uint8Array;
}

/** Floats of one sample. */
export function sampleSize(dataset: Dataset): number {
  return dataset.sampleShape.reduce((product, side) => product * side, 1);
}
