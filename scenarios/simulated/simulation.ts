import { z } from 'zod';
import { MAX_PEERS } from '../../src/manifest.ts';

/** The most happenings of one simulation: beyond it a script has a loop that does not end. */
const MAX_HAPPENINGS = 10_000;
/** The longest that one thing takes: a day of virtual time, beyond which a unit is mistaken. */
const MAX_MS = 86_400_000;

/** Rows and columns of a table of latencies: more than there are regions of any cloud. */
const MAX_PLACES = 64;

const ms = z.number().min(0).max(MAX_MS);
const mbits = z.number().min(0.001).max(1e6);
const chance = z.number().min(0).max(1);
const peer = z
  .number()
  .int()
  .min(0)
  .max(MAX_PEERS - 1);
const peers = z.array(peer).max(MAX_PEERS);
/** One for all peers, or a list that is dealt to them in turn. */
const dealt = <T extends z.ZodType>(value: T) => z.union([value, z.array(value).min(1).max(MAX_PEERS)]);

/** What lies between the peers. */
const linksSchema = z.strictObject({
  /** Of each peer's own line, in megabits a second, shared by all that it sends; null is unlimited. */
  uplinkMbits: dealt(mbits).nullable().default(1000),
  /** The same for all that it receives. */
  downlinkMbits: dealt(mbits).nullable().default(null),
  /** One way; or a table of places, to which the peers are dealt in turn: from the row's place to the column's. */
  latencyMs: z.union([ms, z.array(z.array(ms).min(1).max(MAX_PLACES)).min(1).max(MAX_PLACES)]).default(0.5),
  /** Added to the latency of each message, uniform between none and this much. */
  jitterMs: ms.default(0),
  /** How long a message may be overtaken by those of other channels of its connection; 0 keeps all in one order. */
  overtakingMs: ms.default(0),
  /** Mean life of a connection; null never loses one by itself. */
  connectionSeconds: z.number().gt(0).max(MAX_MS).nullable().default(null),
  /** Of a message to arrive with one byte flipped. */
  corruption: chance.default(0),
});

/** How long the machines take; the mathematics is real. */
const stepSchema = z.strictObject({
  /** Mean time of a gradient step, or `measured` to take this machine's. */
  ms: z.union([ms, z.literal('measured')]).default(5),
  /** Standard deviation of a step's time, as a share of its mean (log-normal). */
  spread: z.number().min(0).max(10).default(0),
  /** What each peer's steps and evaluations take of that: 5 is five times slower. */
  slowness: dealt(z.number().gt(0).max(1e6)).default(1),
});

const happening = <K extends string, S extends z.ZodRawShape>(kind: K, shape: S) =>
  z.strictObject({ kind: z.literal(kind), atMs: ms, ...shape });

/** See `Happening`. */
const happeningSchema = z.discriminatedUnion('kind', [
  happening('crash', { peer }),
  happening('start', { peer }),
  happening('freeze-disk', { peer }),
  happening('part', { peers }),
  happening('block', { from: peers, to: peers }),
  happening('disconnect', { peer, other: peer }),
  happening('slow', { peer, slowness: z.number().gt(0).max(1e6) }),
  /** Other links from then on; what is left out goes back to its default. */
  happening('relink', { links: linksSchema.prefault({}) }),
]);

/** A scenario's section `simulation`: what `--mode simulated` puts in the place of machines and network. */
export const simulationSchema = z.strictObject({
  links: linksSchema.prefault({}),
  step: stepSchema.prefault({}),
  /** Virtual time of one evaluation. */
  evaluationMs: ms.default(50),
  /** Leaves `trace.txt`, a line for each event, connection and message. */
  trace: z.boolean().default(false),
  /** Times count from the start. Peers beyond the planned ones share the shards of the first. */
  happenings: z.array(happeningSchema).max(MAX_HAPPENINGS).default([]),
});

export type Simulation = z.output<typeof simulationSchema>;

/** Midnight of a past day: virtual time starts here, so that traces can be told from real ones. */
export const START_MS = Date.UTC(2020, 0, 1);

/** How many machines there are: the planned peers', and those of whoever comes later. */
export function machinesOf({ happenings }: Simulation, plannedPeers: number): number {
  const named = happenings.flatMap((each) => ('peer' in each ? [each.peer + 1] : []));
  return named.reduce((most, count) => Math.max(most, count), plannedPeers);
}
