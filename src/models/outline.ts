import { z } from 'zod';
import { MurmurError } from '../support/errors.ts';
import { type ChainLayer, layerChain } from './layer-chain.ts';
import { entriesOf, type LayerOutline, shapeSchema } from './layer-kind.ts';
import { layerKinds } from './layer-kinds.ts';
import { type Layout, layoutOf, type TensorOutline } from './layout.ts';

/**
 * The most parameters of a model. A peer holds about eight vectors of four bytes each (sum, pending, replica,
 * gradient, momentum, and TensorFlow's own copies): 1 GiB at this bound.
 */
export const MAX_PARAMETERS = 2 ** 25;

/**
 * The most multiply-adds of one sample forward. A minibatch of 64 at this bound keeps one core busy for half a minute;
 * one core trains what is a hundredth of it.
 */
export const MAX_MULTIPLY_ADDS = 2 ** 30;

/** A `tf.Sequential` in TensorFlow.js' JSON form: plain data, the same bits in every process. */
export type Topology = {
  readonly class_name: 'Sequential';
  readonly config: { readonly name: string; readonly layers: readonly TopologyLayer[] };
};

interface TopologyLayer {
  readonly class_name: string;
  readonly config: { readonly name: string; readonly [setting: string]: unknown };
}

/** What is known of a model without building it. */
export interface ModelOutline {
  /** In canonical form: no initialisers, no versions, layers named by kind and number, logits as output. */
  readonly topology: Topology;
  /** Shape of one sample. */
  readonly inputShape: readonly number[];
  /** Logits of one sample. */
  readonly classes: number;
  readonly layout: Layout;
  /** Of one sample, forward. */
  readonly multiplyAdds: number;
}

/**
 * Checks a topology, which is untrusted input, and works out shapes and parameters before any memory is taken.
 * Accepts what `LayersModel.toJSON(null, false)` gives for a chain of the layers in `layerKinds`. Its initialisers
 * are ignored (see `initialParameters`) and a last softmax is taken away, since the loss takes logits.
 * Throws `CONFIG_INVALID`.
 */
export function outlineOf(topology: unknown): ModelOutline {
  const layers = withoutLastSoftmax(checked('the topology', () => layerChain(topology)));
  const { inputShape, rest } = splitInput(layers);
  const outline = outlineLayers(inputShape, rest);
  if (outline.outputShape.length !== 1) {
    throw refusal(`the output has shape [${outline.outputShape}]`, 'end with a dense layer of one unit per class');
  }
  if (outline.tensors.length === 0) throw refusal('the model has no parameters', 'add a dense layer');
  const input = { class_name: 'InputLayer', config: { name: 'input', batch_input_shape: [null, ...inputShape] } };
  return {
    topology: { class_name: 'Sequential', config: { name: 'model', layers: [input, ...outline.layers] } },
    inputShape,
    classes: outline.outputShape[0]!,
    layout: layoutOf(outline.tensors),
    multiplyAdds: outline.multiplyAdds,
  };
}

function outlineLayers(inputShape: readonly number[], chain: readonly ChainLayer[]) {
  const layers: TopologyLayer[] = [];
  const tensors: TensorOutline[] = [];
  const numbers = new Map<string, number>();
  let shape = inputShape;
  let parameters = 0;
  let multiplyAdds = 0;
  for (const { className, config } of chain) {
    const kind = layerKinds.get(className);
    if (!kind) {
      throw refusal(`a layer of class ${className}`, `use only ${[...layerKinds.keys()].join(', ')} after the input`);
    }
    const number = (numbers.get(kind.prefix) ?? 0) + 1;
    numbers.set(kind.prefix, number);
    const name = `${kind.prefix}_${number}`;
    const outline: LayerOutline = checked(name, () => kind.outline(config, shape));
    checked(`${name}, output`, () => shapeSchema.parse(outline.outputShape));
    shape = outline.outputShape;
    layers.push({ class_name: className, config: { name, ...outline.config } });
    for (const tensor of outline.tensors) {
      tensors.push({ ...tensor, name: `${name}/${tensor.name}` });
      parameters += entriesOf(tensor.shape);
    }
    if (parameters > MAX_PARAMETERS) {
      throw refusal(`more than ${MAX_PARAMETERS} parameters up to ${name}`, 'use fewer units');
    }
    multiplyAdds += outline.multiplyAdds ?? 0;
    if (multiplyAdds > MAX_MULTIPLY_ADDS) {
      throw refusal(
        `more than ${MAX_MULTIPLY_ADDS} multiply-adds a sample up to ${name}`,
        'use fewer filters or units',
      );
    }
  }
  return { layers, tensors, outputShape: shape, multiplyAdds };
}

/** The shape of one sample stands in an input layer of its own or in the first layer. */
function splitInput(chain: readonly ChainLayer[]): { inputShape: number[]; rest: readonly ChainLayer[] } {
  const [first, ...others] = chain;
  if (!first) throw refusal('there is no layer but the softmax', 'begin with an input layer');
  const batched = z.object({
    batch_input_shape: z.tuple([z.null('must leave the batch size open (null)')], z.unknown()),
    dtype: z.literal('float32').optional(),
  });
  const inputShape = checked('the first layer', () =>
    shapeSchema.parse(batched.parse(first.config).batch_input_shape.slice(1)),
  );
  return { inputShape, rest: first.className === 'InputLayer' ? others : chain };
}

function withoutLastSoftmax(chain: readonly ChainLayer[]): readonly ChainLayer[] {
  const last = chain.at(-1)!;
  const others = chain.slice(0, -1);
  if (last.className === 'Softmax') return others;
  if (last.config['activation'] !== 'softmax') return chain;
  return [...others, { className: last.className, config: { ...last.config, activation: 'linear' } }];
}

/** Runs `check` and turns what zod says into one line of ours. */
function checked<T>(where: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const [issue] = error.issues;
    const path = issue!.path.join('.');
    throw refusal(
      `${where}: ${path ? `${path}: ` : ''}${issue!.message}`,
      "give the JSON of a chain of layers, as a LayersModel's toJSON(null, false) does",
    );
  }
}

function refusal(problem: string, mend: string): MurmurError {
  return new MurmurError({ code: 'CONFIG_INVALID', field: 'model.topology', problem, mend });
}
