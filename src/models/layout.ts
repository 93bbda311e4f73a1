/** Where one tensor of a model lies in the flat parameter vector. */
export interface TensorSlot {
  readonly name: string;
  readonly shape: readonly number[];
  /** Index of its first entry in the flat vector. */
  readonly offset: number;
  /** Entries. */
  readonly size: number;
  /** What the tensor does; pruners and coders treat the roles differently. */
  readonly role: 'kernel' | 'bias' | 'other';
  /** Of a kernel: the variance of its entries at the start, times the fan-in. */
  readonly gain: number;
}

/** A tensor on its way into a layout. */
export interface TensorOutline {
  readonly name: string;
  readonly shape: readonly number[];
  /** 2 where left out: what a ReLU behind the layer halves. */
  readonly gain?: number;
}

/** A model seen as one flat vector: its tensors in order, without gaps. */
export interface Layout {
  /** Entries of the whole vector. */
  readonly size: number;
  readonly tensors: readonly TensorSlot[];
}

/** Lays tensors one behind the other. Kernels have two dimensions or more, biases one. */
export function layoutOf(tensors: readonly TensorOutline[]): Layout {
  let offset = 0;
  const slots = tensors.map(({ name, shape, gain = 2 }): TensorSlot => {
    const size = shape.reduce((product, side) => product * side, 1);
    const role = shape.length > 1 ? 'kernel' : shape.length === 1 ? 'bias' : 'other';
    const slot: TensorSlot = { name, shape, offset, size, role, gain };
    offset += size;
    return slot;
  });
  return { size: offset, tensors: slots };
}
