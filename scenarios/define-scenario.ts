import type { LayersModel } from '@tensorflow/tfjs-layers';
import { z } from 'zod';
import { MAX_PEERS, manifestSchema } from '../src/manifest.ts';
import { check } from './check.ts';
import { simulationSchema } from './simulated/simulation.ts';

/** A model of the zoo by name, a built one, or a function that builds one. */
export type ModelSource = string | LayersModel | (() => LayersModel);

const { name, seed, peers, data, training, exchange, evaluation, target, limits, backend } = manifestSchema.shape;

/** The fields of a scenario: the manifest's, with defaults. Fields without one must be given. */
export const scenarioSchema = z.strictObject({
  name: name.meta({ description: 'a name of lower-case letters, digits and dashes, at most 64' }),
  /** One line for `murmur list`. */
  describe: z.string().max(200).default(''),
  seed: seed.default(1),
  peers: peers.default(4),
  /** Processes that the peers are spread over; null gives each its own. */
  processes: z.number().int().min(1).max(MAX_PEERS).nullable().default(null),
  model: z.custom<ModelSource>(isModelSource).meta({
    description: 'a model\'s name such as "lenet-300-100", a tf.LayersModel, or a function that returns one',
  }),
  data: z
    .strictObject({
      kind: data.shape.kind.default('digits'),
      path: data.shape.path.default(null),
      train: data.shape.train.default(null),
      test: data.shape.test.default(null),
      labelsPerPeer: data.shape.labelsPerPeer.default(null),
    })
    .prefault({}),
  training: z
    .strictObject({
      batch: training.shape.batch.default(32),
      rate: training.shape.rate.default(0.1),
      momentum: training.shape.momentum.default(0.9),
      schedule: training.shape.schedule.default('cosine'),
    })
    .prefault({}),
  exchange: z
    .strictObject({
      strategy: exchange.shape.strategy.default('partial'),
      control: exchange.shape.control.default('fixed'),
      budgetBytesPerSecond: exchange.shape.budgetBytesPerSecond.default(null),
      localSteps: exchange.shape.localSteps.default(4),
      partitions: exchange.shape.partitions.default(4),
      density: exchange.shape.density.default(0.01),
      warmup: exchange.shape.warmup.default([0.25, 0.06, 0.015]),
      lookahead: exchange.shape.lookahead.default('auto'),
      contribution: exchange.shape.contribution.default('mean'),
      staleness: exchange.shape.staleness.default(32),
      topology: exchange.shape.topology.default('auto'),
      feeds: exchange.shape.feeds.default(6),
      latticeBits: exchange.shape.latticeBits.default(24),
    })
    .prefault({}),
  evaluation: z
    .strictObject({
      /** Null: a 25th of `limits.samples`. */
      everySamples: evaluation.shape.everySamples.nullable().default(null),
      samples: evaluation.shape.samples.default(2048),
    })
    .prefault({}),
  target: z.strictObject({ metric: target.shape.metric.default('accuracy'), value: target.shape.value }),
  limits: z.strictObject({ samples: limits.shape.samples, seconds: limits.shape.seconds.default(3600) }),
  backend: backend.default(null),
  /** `none` also runs each peer alone on as many samples as the swarm took to its target, for comparison. */
  control: z.enum(['none']).nullable().default(null),
  /** `simulated` runs all peers in one process, on virtual time. */
  mode: z.enum(['real', 'simulated']).default('real'),
  /** What a simulated run puts in the place of machines and network. */
  simulation: simulationSchema.prefault({}),
});

/** A scenario as its script writes it. */
export type ScenarioDefinition = Omit<z.input<typeof scenarioSchema>, 'exchange'> & {
  /** `auto` stands for `{ control: 'auto' }`. */
  readonly exchange?: z.input<typeof scenarioSchema>['exchange'] | 'auto';
};
/** A scenario with every default filled in. */
export type Scenario = z.output<typeof scenarioSchema>;

/**
 * Checks a scenario and returns it as written; a script's default export. Defaults are filled in later, since some
 * depend on what the command line sets. Throws `CONFIG_INVALID` that names the field, what is expected and the mend.
 */
export function defineScenario(definition: ScenarioDefinition): ScenarioDefinition {
  resolveScenario(definition);
  return definition;
}

/** The definition, checked and with its defaults. */
export function resolveScenario(definition: unknown): Scenario {
  const mend = (field: string) => `set it in the scenario or with --set ${field}=...`;
  return check(scenarioSchema, withoutShorthand(definition), { name: 'the scenario', mend });
}

/** The definition with `exchange: 'auto'` written out. */
export function withoutShorthand<T>(definition: T): T {
  const { exchange } = (definition ?? {}) as { exchange?: unknown };
  return exchange === 'auto' ? { ...definition, exchange: { control: 'auto' } } : definition;
}

function isModelSource(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'function' || isLayersModel(value);
}

/** By what it can do, not by class: a script may build it with another copy of TensorFlow.js. */
function isLayersModel(value: unknown): boolean {
  return typeof (value as LayersModel | null)?.toJSON === 'function';
}
