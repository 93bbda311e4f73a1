import { createHash } from 'node:crypto';
import { z } from 'zod';
import { backendNames } from './compute/compute.ts';

/** The most peers a run may expect; the direct topology is meant for about 16, gossip for hundreds and more. */
export const MAX_PEERS = 4096;
/** `topology: auto` is direct for so many planned peers: more would each hold a connection and a feed to every other one. */
const MAX_DIRECT_PEERS = 16;
/** Feeds of a peer in gossip: with eight, everybody is within a dozen hops in a swarm of a thousand. */
export const MAX_FEEDS = 8;
/** The most slices of the parameter vector: beyond it a partition of the smallest model would be empty. */
export const MAX_PARTITIONS = 65_536;
/** Statuses and words of what was taken go out whatever is published: no smaller budget can be kept. */
export const MIN_BUDGET_BYTES_PER_SECOND = 100;

const share = z.number().gt(0).lte(1);
const count = z.number().int().positive().max(1e12);

/** Everything that all peers of a run agree on. `defaults` below names what each field means when left out. */
export const manifestSchema = z.strictObject({
  /** Version of this format. */
  murmuration: z.literal(1),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'use lower-case letters, digits and dashes'),
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 32 - 1),
  /** Peers that the run is planned for; rounds start when they have all met. */
  peers: z.number().int().min(1).max(MAX_PEERS),
  model: z.strictObject({
    name: z.string().min(1).max(64),
    /** The `tf.LayersModel` without weights, as its `toJSON` gives it. */
    topology: z.record(z.string(), z.unknown()),
  }),
  data: z.strictObject({
    /** `digits` is generated from the seed; `mnist` is four IDX files in `path`, `cifar10` the six of its binary version. */
    kind: z.enum(['digits', 'mnist', 'cifar10']),
    /** A folder with the files; null takes the user's cache, filled from the data set's own home. Not compared. */
    path: z.string().nullable(),
    /** Samples to use, all where null. */
    train: count.nullable(),
    test: count.nullable(),
    /** Different labels in a peer's shard; null deals the samples evenly. */
    labelsPerPeer: z.number().int().min(1).max(256).nullable(),
  }),
  training: z.strictObject({
    batch: z.number().int().min(1).max(65_536),
    rate: z.number().gt(0).max(100),
    momentum: z.number().min(0).lt(1),
    /** How the rate falls with the swarm's samples, from 0 to `limits.samples`. */
    schedule: z.enum(['constant', 'step', 'linear', 'cosine']),
  }),
  exchange: z.strictObject({
    strategy: z.enum(['partial', 'dense', 'none']),
    /** `auto` starts from the setting below and follows what is measured; there is no warm-up then. */
    control: z.enum(['fixed', 'auto']),
    /** What each peer may send on average, all protocols together, where `control` is `auto`; null: what its link carries. */
    budgetBytesPerSecond: z.number().min(MIN_BUDGET_BYTES_PER_SECOND).max(1e12).nullable(),
    /** H: minibatches between two publications. */
    localSteps: z.number().int().min(1).max(10_000),
    /** p: slices of the parameter vector, of which each round publishes one. */
    partitions: z.number().int().min(1).max(MAX_PARTITIONS),
    /** d: share of a partition's entries that a publication carries. */
    density: share,
    /** Densities of the first sweeps over all partitions, one after the other. */
    warmup: z.array(share).max(16),
    /** `auto`, `recent`, or the factor c on what is pending. */
    lookahead: z.union([z.enum(['auto', 'recent']), z.number().min(0).max(MAX_PEERS)]),
    /** `mean` multiplies steps by 1/n of the contributing peers, `sum` does not. */
    contribution: z.enum(['mean', 'sum']),
    /** A peer computes no further while a live subscriber has this many of its updates still to apply. */
    staleness: z.number().int().min(1).max(1_000_000),
    /** Who takes updates from whom: all from all, or each from a few that pass everybody's on; see protocols/updates. */
    topology: z.enum(['auto', 'direct', 'gossip']),
    /** Neighbours that a peer takes updates from in gossip, at a time. */
    feeds: z.number().int().min(2).max(MAX_FEEDS),
    /** The lattice's unit is 2^-latticeBits. */
    latticeBits: z.number().int().min(8).max(28),
  }),
  evaluation: z.strictObject({
    /** Swarm samples between two evaluations of a peer. */
    everySamples: count,
    /** Held-out samples that stand in for the test set while running; the whole set confirms. */
    samples: count,
  }),
  target: z.strictObject({ metric: z.literal('accuracy'), value: z.number().gt(0).lte(1) }),
  limits: z.strictObject({
    /** Samples of the whole swarm after which the run ends; also the horizon of the schedules. */
    samples: count,
    /** Seconds after which it ends in any case. */
    seconds: z
      .number()
      .gt(0)
      .max(30 * 86_400),
  }),
  /** A backend to insist on; null takes the best present. Not compared: peers may differ. */
  backend: z.enum(backendNames).nullable(),
});

export type Manifest = z.infer<typeof manifestSchema>;

/** Whether a run's peers take updates from a few neighbours each, rather than from everybody. */
export function isGossip({ peers, exchange }: Manifest): boolean {
  return exchange.topology === 'auto' ? peers > MAX_DIRECT_PEERS : exchange.topology === 'gossip';
}

/** Sections that peers must agree on, each with its own digest, so that a mismatch can be named. */
export const manifestSections = [
  'murmuration',
  'name',
  'seed',
  'peers',
  'model',
  'data',
  'training',
  'exchange',
  'evaluation',
  'target',
  'limits',
] as const;
export type ManifestSection = (typeof manifestSections)[number];

/** SHA-256 of each compared section in canonical JSON; what is local to a machine (paths, backend) is left out. */
export function manifestDigests(manifest: Manifest): Record<ManifestSection, string> {
  let digests = digestsOf.get(manifest);
  if (digests === undefined) {
    digests = digestSections(manifest);
    digestsOf.set(manifest, digests);
  }
  return digests;
}

/** Kept: a simulation starts hundreds of peers on one manifest. */
const digestsOf = new WeakMap<Manifest, Record<ManifestSection, string>>();

function digestSections(manifest: Manifest): Record<ManifestSection, string> {
  const digests: Partial<Record<ManifestSection, string>> = {};
  for (const section of manifestSections) {
    const value = section === 'data' ? { ...manifest.data, path: null } : manifest[section];
    digests[section] = createHash('sha256').update(canonicalJson(value)).digest('hex');
  }
  return digests as Record<ManifestSection, string>;
}

/** One digest of all compared sections: the identity of a run, in hexadecimal. */
export function manifestDigest(manifest: Manifest): string {
  return createHash('sha256')
    .update(canonicalJson(manifestDigests(manifest)))
    .digest('hex');
}

/** JSON with sorted keys: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
