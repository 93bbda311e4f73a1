import { z } from 'zod';
import type { PeerEvent } from '../../peer/events.ts';
import { trafficKinds } from '../../protocols/traffic.ts';
import { backendNames } from '../../src/compute/compute.ts';

/** Longest text taken from a peer's event; its line is bounded already. */
const text = z.string().max(10_000);
const total = z.number().min(0);
const share = z.number().min(0).max(1);
const quantiles = z.object({ p50: z.number(), p99: z.number() }).nullable();
const counts = z.record(text, total);

const footprint = z
  .object({
    sentByKind: z.record(z.enum(trafficKinds), total),
    publishedBytes: total,
    publishedPayloadBytes: total,
    logBytes: total,
    connections: total,
    feeds: total,
    memory: z.object({ rssBytes: total, heapUsedBytes: total, externalBytes: total }).nullable(),
  })
  .nullable()
  .default(null);

const progress = z.object({
  round: total,
  samples: total,
  swarmSamples: total,
  samplesPerSecond: total,
  // JSON has no NaN: a loss that is not a number arrives as null.
  loss: z
    .number()
    .nullable()
    .transform((loss) => loss ?? Number.NaN),
  accuracy: share.nullable(),
  latentAccuracy: share.nullable(),
  bytesSent: total,
  bytesReceived: total,
  updateAgeSeconds: quantiles,
  published: total,
  applied: counts.nullable(),
  members: total,
  lookahead: text,
  footprint,
});

const report = z.object({
  rounds: total,
  samples: total,
  localSteps: total,
  accuracy: share,
  latentAccuracy: share,
  replicaBytes: total,
  denseBytes: total,
  computeSeconds: total,
  codecSeconds: total,
  evaluationSeconds: total,
  blockedSeconds: total,
  longestBlockSeconds: total,
  bytesSent: total,
  bytesReceived: total,
  updateAgeSeconds: quantiles,
  published: total,
  applied: counts,
  fingerprint: text,
  fingerprintHolds: z.boolean(),
  vector: counts,
  invalidMessages: total,
  footprint,
});

const event = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.object({ type: z.literal(type), atMs: z.number(), peer: text, ...shape });

/** What may come out of a peer process, line by line; anything else is counted and dropped. */
export const peerEventSchema: z.ZodType<PeerEvent> = z.discriminatedUnion('type', [
  event('listening', { shard: total, addresses: z.array(text).max(256) }),
  event('ready', { backend: z.enum(backendNames), parameters: total, shardSamples: total }),
  event('member', { member: text, state: z.enum(['joined', 'silent', 'back', 'left']) }),
  event('started', { members: total }),
  event('progress', { progress }),
  event('evaluation', {
    swarmSamples: total,
    accuracy: share,
    latentAccuracy: share.nullable(),
    whole: z.boolean(),
    tookSeconds: total,
    bytesSent: total,
  }),
  event('restored', { rounds: total, samples: total, tookSeconds: total }),
  event('checkpointed', { rounds: total, bytes: total, heldSeconds: total }),
  event('transferring', { source: text, bytes: total }),
  event('adopted', { source: text, bytes: total, seconds: total, putBack: total, lost: total, othersGivenUp: total }),
  event('tuned', {
    localSteps: total,
    partitions: total,
    density: share,
    reason: z.enum(['egress', 'queue']),
    allowedBytesPerSecond: total,
    sentBytesPerSecond: total,
    ageSeconds: total,
    residueShare: share,
  }),
  event('converged', { swarmSamples: total, bytesSent: total }),
  event('finishing', { reason: z.enum(['target', 'samples', 'seconds', 'asked']) }),
  event('warning', { code: text, message: text }),
  event('finished', { report }),
]);
