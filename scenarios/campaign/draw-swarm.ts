import { type Manifest, manifestSchema } from '../../src/manifest.ts';
import type { Topology } from '../../src/models/outline.ts';
import { ENTRY_OVERHEAD_BYTES } from '../../src/sum/update-log.ts';
import { type Random, seededRandom } from '../../src/support/random.ts';
import type { VirtualSwarmInit } from '../simulated/virtual-swarm.ts';
import { drawMisfortunes, upTimeMs } from './misfortunes.ts';

/** What a campaign's swarms train. */
export interface Subject {
  readonly topology: Topology;
  readonly data: Manifest['data'];
  readonly batch: number;
  /** Learning rate, or null for one of some lattice units. */
  readonly rate: number | null;
  /** Of an update, about; links and logs are drawn to match. */
  readonly frameBytes: number;
}

/** Small ones come often: what a round costs grows with the square of its peers, and most that can go wrong takes two or three. */
const SIZES = [2, 2, 2, 3, 3, 3, 4, 5];
/** Rounds of every peer while anything may happen, and after that. */
const FAULTY_ROUNDS = 16;
const CALM_ROUNDS = 8;
/** One in so many swarms is of two that take this many times the rounds: who was away then lacks so much that it is merged. */
const QUICK_ONE_IN = 20;
const QUICK_PACE = 5;
/** The least time for all to come back and catch up before the run ends. */
const LEAST_CALM_MS = 6_000;
/** Rounds of all peers that a log holds: no fewer than pass while a replica is fetched, or nobody ever catches up; no more than a run has. */
const LOG_ROUNDS = [5, 5, 8, 50];
/** A slow link carries so many updates a second, or up to so many more. */
const SLOW_UPDATES = 31.25;
const SLOW_UPDATES_RANGE = 312.5;

/** The swarm of a seed, and what befalls it: equal seeds draw the same. */
export function drawSwarm(seed: number, { topology, data, batch, rate, frameBytes }: Subject): VirtualSwarmInit {
  const random = seededRandom(`campaign ${seed}`);
  const isQuick = random.fork('pace').below(QUICK_ONE_IN) === 0;
  const pace = isQuick ? QUICK_PACE : 1;
  const peers = pick(random, isQuick ? [2] : SIZES);
  const late = random.below(3) === 0 ? 1 : 0;
  const exchange = drawExchange(random);
  const roundMs = (400 + random.below(600)) / pace;
  const calmMs = pace * FAULTY_ROUNDS * roundMs;
  const quietMs = Math.max(LEAST_CALM_MS, CALM_ROUNDS * roundMs);
  const everyMs = calmMs / (2 + random.below(12));
  const happenings = drawMisfortunes(random, { peers, late, calmMs, everyMs });
  // As many as they take who are up, so that it is not over before.
  const rounds = upTimeMs(happenings, peers, calmMs + quietMs) / roundMs;
  const samplesPerRound = batch * exchange.localSteps;
  const manifest = manifestSchema.parse({
    murmuration: 1,
    name: 'campaign',
    seed,
    peers,
    model: { name: 'campaign', topology: { ...topology } },
    data,
    training: {
      batch,
      rate: rate ?? 2 ** (random.below(8) - exchange.latticeBits),
      momentum: pick(random, [0, 0.5, 0.9]),
      schedule: pick(random, ['constant', 'cosine']),
    },
    exchange,
    evaluation: { everySamples: Math.ceil((samplesPerRound * rounds) / 3), samples: 1 },
    target: { metric: 'accuracy', value: 1 },
    // At the pace of one peer alone, and with some waits as long as a stalled peer is waited for, it is over by then.
    limits: { samples: samplesPerRound * Math.ceil(rounds), seconds: (2 * (calmMs + quietMs)) / 1000 + 120 },
    backend: null,
  } satisfies Manifest);
  const slowestLink = SLOW_UPDATES * frameBytes;
  const logUpdates = pace * (peers + late) * pick(random, LOG_ROUNDS);
  return {
    manifest,
    link: {
      latencyMs: pick(random, [1, 5, 30, 100]),
      jitterMs: pick(random, [0, 20, 200]),
      overtakingMs: pick(random, [0, 0, 20]),
      ...(random.below(4) === 0 ? { bytesPerSecond: slowestLink + random.below(SLOW_UPDATES_RANGE * frameBytes) } : {}),
    },
    model: { stepMs: roundMs / exchange.localSteps, evaluationMs: 5, spread: pick(random, [0, 0.2]) },
    happenings,
    checkpointSeconds: (2 + random.below(10)) * (roundMs / 1000),
    logBytes: Math.ceil(logUpdates * (frameBytes + ENTRY_OVERHEAD_BYTES)),
  };
}

function drawExchange(random: Random): Manifest['exchange'] {
  const shared = {
    control: 'fixed' as const,
    budgetBytesPerSecond: null,
    topology: pick(random, ['direct', 'gossip'] as const),
    feeds: 2 + random.below(5),
    lookahead: pick(random, ['auto', 'recent', 1] as const),
    contribution: pick(random, ['mean', 'sum'] as const),
    latticeBits: pick(random, [16, 20, 24]),
    warmup: [],
  };
  if (random.below(8) === 0) {
    return { ...shared, strategy: 'dense', localSteps: 1, partitions: 1, density: 1, staleness: 1 };
  }
  return {
    ...shared,
    strategy: 'partial',
    localSteps: 1 + random.below(3),
    partitions: 1 + random.below(4),
    density: pick(random, [0.05, 0.1, 0.3]),
    staleness: pick(random, [1, 2, 4, 8, 32]),
  };
}

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.below(from.length)]!;
}
