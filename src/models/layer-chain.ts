import { z } from 'zod';

/**
 * The most layers of a model. A chain of dense layers deeper than this does not learn, and every layer of an
 * untrusted topology costs memory and calls.
 */
export const MAX_LAYERS = 256;

/** One layer as a topology holds it, not yet checked beyond its form. */
export interface ChainLayer {
  readonly className: string;
  readonly config: Record<string, unknown>;
}

const name = z.string().max(256);
const config = z.record(z.string(), z.unknown());
const plainLayer = z.object({ class_name: name, config });
const wire = z.tuple([name, z.literal(0), z.literal(0)], z.unknown());
const wiredLayer = plainLayer.extend({
  name,
  inbound_nodes: z.array(z.tuple([wire], 'merges several tensors')).max(1, 'is used more than once'),
});

const sequential = z.object({
  class_name: z.literal('Sequential'),
  config: z.object({ layers: z.array(plainLayer).min(1).max(MAX_LAYERS) }),
});
const functional = z.object({
  class_name: z.enum(['Model', 'Functional']),
  config: z.object({
    layers: z.array(wiredLayer).min(1).max(MAX_LAYERS),
    output_layers: z.tuple([wire], 'must name one output'),
  }),
});
const topology = z.discriminatedUnion('class_name', [sequential, functional]);

/**
 * The layers of a topology in order, from input to output. A functional model is accepted where its layers form a
 * chain. Throws a `ZodError` for anything else.
 */
export function layerChain(value: unknown): ChainLayer[] {
  const { class_name, config } = topology.parse(value);
  const layers = class_name === 'Sequential' ? config.layers : wiredChain(config.layers, config.output_layers[0][0]);
  return layers.map((layer) => ({ className: layer.class_name, config: layer.config }));
}

type WiredLayer = z.infer<typeof wiredLayer>;

/** Walks from the output back to the input. */
function wiredChain(layers: readonly WiredLayer[], output: string): WiredLayer[] {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const chain: WiredLayer[] = [];
  for (let at: string | undefined = output; at !== undefined; ) {
    const layer = byName.get(at);
    // Taken out once visited: a circle ends at a layer that is no longer there.
    if (!layer || !byName.delete(at)) throw brokenChain(`layer ${at} is missing or feeds itself`);
    chain.push(layer);
    at = layer.inbound_nodes[0]?.[0][0];
  }
  if (byName.size > 0) throw brokenChain(`${[...byName.keys()][0]} does not lie between input and output`);
  return chain.reverse();
}

function brokenChain(message: string): z.ZodError {
  return new z.ZodError([{ code: 'custom', path: ['config', 'layers'], message, input: undefined }]);
}
