import { createHash } from 'node:crypto';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { STALE_PATIENCE_MS } from '../../peer/exchange/arrears.ts';
import { evaluationSamples } from '../../peer/replica/evaluation-samples.ts';
import { HELLO_PROTOCOL } from '../../protocols/hello/constants.ts';
import type { Channel } from '../../protocols/network.ts';
import { PIECE_BYTES, REPLICA_PROTOCOL } from '../../protocols/replica/constants.ts';
import { encodeReplicaImage } from '../../protocols/replica/image.ts';
import {
  encodeSourceMessage as encodeReplicaSourceMessage,
  type ReplicaHead,
  type SourceMessage as ReplicaSourceMessage,
} from '../../protocols/replica/messages.ts';
import { MAX_INCARNATIONS } from '../../protocols/updates/constants.ts';
import { encodeFrame, type Frame } from '../../protocols/updates/frame.ts';
import type { SourceMessage } from '../../protocols/updates/messages.ts';
import { resolveScenario } from '../../scenarios/define-scenario.ts';
import { manifestOf } from '../../scenarios/manifest.ts';
import { runVirtualSwarm, type VirtualSwarmResult } from '../../scenarios/simulated/virtual-swarm.ts';
import { denseFp32Code } from '../../src/compression/dense-fp32.ts';
import { signMagnitudeCode } from '../../src/compression/sign-magnitude.ts';
import { chooseBackend } from '../../src/compute/backends.ts';
import type { Compute } from '../../src/compute/compute.ts';
import { createCompute } from '../../src/compute/tensorflow-compute.ts';
import { digitsDataset } from '../../src/datasets/digits.ts';
import type { Manifest } from '../../src/manifest.ts';
import { initialParameters } from '../../src/models/initial-parameters.ts';
import type { Layout } from '../../src/models/layout.ts';
import { outlineOf } from '../../src/models/outline.ts';
import { latticeUnit, toLattice } from '../../src/sum/lattice.ts';
import { type OriginKey, originKey } from '../../src/sum/origin.ts';
import { ReplicatedSum } from '../../src/sum/replicated-sum.ts';
import { sleep } from '../../src/support/clock.ts';
import { seededRandom } from '../../src/support/random.ts';
import { Rogue, type RogueInit, sendSourceMessages } from '../support/rogue.ts';

const PEERS = 4;
const ROUNDS = 40;
const ROGUE_STARTS_MS = 300;
/** What a swarm's peers may tell of one rogue before they have nothing more to do with it: each kind of thing a few times. */
const MAX_WARNINGS = 12;
/** A rogue's bytes are bounded by windows and rates; the swarm itself and TensorFlow.js' own take the most of this. */
const MAX_GROWTH_BYTES = 2 ** 28;

const dataset = digitsDataset({ seed: 1, train: 400, test: 100 });
const samples = evaluationSamples(dataset, 50, seededRandom(1));
let manifest: Manifest;
let compute: Compute;
let layout: Layout;

beforeAll(async () => {
  await chooseBackend('wasm');
  const model = () =>
    sequential({
      layers: [layers.dense({ inputShape: [784], units: 12, activation: 'relu' }), layers.dense({ units: 10 })],
    });
  const scenario = resolveScenario({
    name: 'rogue',
    peers: PEERS,
    model,
    training: { batch: 16 },
    exchange: { localSteps: 2, partitions: 2, density: 0.05, staleness: 8 },
    target: { value: 1 },
    limits: { samples: 16 * 2 * PEERS * ROUNDS },
  });
  manifest = await manifestOf(scenario, process.cwd());
  layout = outlineOf(manifest.model.topology).layout;
  compute = await createCompute({ topology: manifest.model.topology, backend: 'wasm' });
});

afterAll(() => compute.dispose());

interface Behaviour extends Pick<RogueInit, 'serve' | 'mute'> {
  /** What it does once it is connected to all. */
  readonly act?: (rogue: Rogue) => Promise<void>;
}

/** What the honest peers have published so far. */
const published = new Map<OriginKey, number>();

/** Four honest peers, and one that behaves as told, from a moment after their start on. */
function swarmWith({ act, ...behaviour }: Behaviour): Promise<VirtualSwarmResult> {
  published.clear();
  return runVirtualSwarm(
    { compute, dataset, samples },
    {
      manifest,
      link: { latencyMs: 5, jitterMs: 5 },
      model: { stepMs: 10, evaluationMs: 5 },
      onPublished: ({ origin }) => published.set(origin, (published.get(origin) ?? 0) + 1),
      intrude: (hub, clock) =>
        clock.after(ROGUE_STARTS_MS, async () => {
          const network = hub.network('rogue');
          const rogue = new Rogue({ network, clock, manifest, ...behaviour });
          await network.start();
          for (let peer = 0; peer < PEERS; peer++) await network.dial(`/memory/peer-${peer}`);
          await sleep(clock, 50);
          // What it does fails once it is cut off, or the run is over.
          void rogue.keepSaying().catch(() => {});
          await act?.(rogue).catch(() => {});
        }),
    },
  );
}

/** The honest peers train to the end, agree to the bit on what they published, and tell little of the rogue. */
async function expectUnharmed(behaviour: Behaviour, { leastRounds = 0.75 * ROUNDS, equal = true } = {}) {
  const before = process.memoryUsage();
  const result = await swarmWith(behaviour);
  const after = process.memoryUsage();
  const { events, reports, replicas } = result;
  expect(reports).toHaveLength(PEERS);
  const honest = (vector: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(vector).filter(([origin]) => origin.startsWith('peer-')));
  for (const [k, report] of reports.entries()) {
    expect(report.rounds).toBeGreaterThanOrEqual(leastRounds);
    expect(report.fingerprintHolds).toBe(true);
    expect(honest(report.vector)).toEqual(honest(reports[0]!.vector));
    expect(Object.keys(honest(report.vector))).toHaveLength(PEERS);
    if (equal) expect(replicas[k]).toEqual(replicas[0]);
  }
  for (let peer = 0; peer < PEERS; peer++) {
    const told = events.filter((event) => event.type === 'warning' && event.peer === `peer-${peer}`);
    expect(told.length, JSON.stringify(told.slice(0, 3))).toBeLessThanOrEqual(MAX_WARNINGS);
  }
  const grown = after.heapUsed + after.external - before.heapUsed - before.external;
  expect(grown).toBeLessThan(MAX_GROWTH_BYTES);
  return result;
}

/** How many of the honest peers have told this of somebody. */
const tellers = ({ events }: VirtualSwarmResult, code: string) =>
  new Set(events.flatMap((event) => (event.type === 'warning' && event.code === code ? event.peer : []))).size;

const origin = (incarnation = 1) => originKey({ peer: 'rogue', incarnation: BigInt(incarnation) });

/** A sound frame that changes one weight by one unit, with some fields replaced. */
function frameOf(to: number, replaced: Partial<Frame> = {}): Uint8Array {
  const range = { low: 0, high: layout.size };
  const pending = new Float32Array(layout.size).fill(2 ** -24);
  const { encoded } = signMagnitudeCode.encode(pending, Uint32Array.of(7), { layout, range, unit: 2 ** -24 });
  return encodeFrame({
    from: to - 1,
    to,
    samples: 32 * to,
    publishedAtMs: 0,
    pendingMs: 0,
    partition: 0,
    partitions: 1,
    code: signMagnitudeCode.id,
    ...encoded,
    fingerprint: null,
    signature: null,
    ...replaced,
  });
}

const named: SourceMessage = { kind: 'origin', origin: origin() };
const update = (frame: Uint8Array, number = 0): SourceMessage => ({
  kind: 'updates',
  updates: [{ origin: number, frame }],
});

/** Serves so many sound updates, and then something else. */
const serving =
  (sound: number, ...messages: SourceMessage[]): NonNullable<Behaviour['serve']> =>
  async (channel) => {
    await sendSourceMessages(channel, named);
    for (let to = 1; to <= sound; to++) await sendSourceMessages(channel, update(frameOf(to)));
    await sendSourceMessages(channel, ...messages);
    for await (const _ of channel.messages());
    await channel.close();
  };

test('beside a peer that only listens nothing changes', async () => {
  const result = await expectUnharmed({ serve: serving(3, { kind: 'level' }) });
  expect(result.reports[0]!.vector[origin()]).toBe(3);
});

describe('a peer that floods', () => {
  test('with statuses, thousands a second, is read at a bounded rate', async () => {
    const act = async (rogue: Rogue) => {
      for (let samples = 0; ; samples += 20) {
        for (let n = 0; n < 20; n++) rogue.say({ samples: samples + n });
        await sleep(rogue.clock, 10);
      }
    };
    await expectUnharmed({ act });
  });

  test('with statuses that break their format is sent away', async () => {
    const act = async (rogue: Rogue) => {
      for (;;) {
        rogue.shout(Uint8Array.of(1, 2, 3));
        rogue.say({ origin: 'peer-0/0000000000000001', state: 'left' });
        await sleep(rogue.clock, 5);
      }
    };
    const result = await expectUnharmed({ act });
    expect(tellers(result, 'PEER_SHUNNED')).toBe(PEERS);
    expect(result.events.some((event) => event.type === 'member' && event.state === 'left')).toBe(true);
  });

  test('with subscriptions that it never reads gets so many and no more', async () => {
    const act = async (rogue: Rogue) => {
      for (let n = 0; n < 1000; n++) for (const peer of rogue.peers) void rogue.subscribe(peer).catch(() => {});
    };
    const result = await expectUnharmed({ act });
    expect(tellers(result, 'PEER_SHUNNED')).toBe(PEERS);
  });

  test('with hellos is answered a few', async () => {
    let answers = 0;
    const ask = async (channel: Channel) => {
      for await (const _ of channel.messages()) answers++;
    };
    const act = async (rogue: Rogue) => {
      for (let n = 0; n < 500; n++) {
        for (const peer of rogue.peers)
          void rogue
            .open(peer, HELLO_PROTOCOL)
            .then(ask, () => {})
            .catch(() => {});
      }
    };
    await expectUnharmed({ act });
    expect(answers).toBeLessThan(20 * PEERS);
    expect(answers).toBeGreaterThan(0);
  });

  test('with messages longer than any may be is cut off', async () => {
    const act = async (rogue: Rogue) => {
      for (;;) {
        for (const peer of rogue.peers) {
          const channel = await rogue.open(peer);
          await channel.send(new Uint8Array(2 ** 22));
        }
        await sleep(rogue.clock, 10);
      }
    };
    const result = await expectUnharmed({ act });
    expect(tellers(result, 'PEER_SHUNNED')).toBe(PEERS);
  });

  test('with updates beyond its window is cut off, and what it sent before is in the sum of all', async () => {
    const payload = new Uint8Array(4 * layout.size);
    const dense = { code: denseFp32Code.id, magnitudes: [], payload };
    const flood = Array.from({ length: 200 }, (_, n) => update(frameOf(n + 1, dense)));
    const serve = async (channel: Channel) => {
      await sendSourceMessages(channel, named);
      // Not waited for, one after the other: the channel takes no more long before the last.
      await Promise.all(flood.map((message) => sendSourceMessages(channel, message)));
    };
    const result = await expectUnharmed({ serve }, { leastRounds: ROUNDS / 2 });
    expect(tellers(result, 'MESSAGE_INVALID')).toBe(PEERS);
  });

  test('with connections, made and broken all the time, is sent away', async () => {
    const act = async ({ network, clock }: Rogue) => {
      for (;;) {
        for (let peer = 0; peer < PEERS; peer++) {
          network.disconnect(`peer-${peer}`);
          await sleep(clock, 15);
          await network.dial(`/memory/peer-${peer}`);
        }
      }
    };
    const result = await expectUnharmed({ act });
    const changes = result.events.filter((event) => event.type === 'member' && event.peer === 'peer-0');
    expect(changes.length).toBeLessThan(60);
  });
});

describe('a peer that stalls', () => {
  test('in its hello is asked ever more seldom, and nobody waits for it', async () => {
    const result = await expectUnharmed({ mute: true, act: (rogue) => rogue.keepSaying() });
    expect(result.reports[0]!.blockedSeconds).toBeLessThan(1);
    expect(result.events.some((event) => event.type === 'member' && event.member === 'rogue')).toBe(false);
  });

  test('before its first subscription is said, or half-way through its feed', async () => {
    const act = async (rogue: Rogue) => {
      for (const peer of rogue.peers) for (let n = 0; n < 10; n++) await rogue.open(peer);
    };
    await expectUnharmed({ act, serve: serving(2) });
  });

  test('as a subscriber that takes nothing is waited for once, and then left out', async () => {
    const act = async (rogue: Rogue) => {
      for (const peer of rogue.peers) await rogue.subscribe(peer);
    };
    const { reports } = await expectUnharmed({ act });
    // The staleness bound of 8 holds everybody up until patience ends.
    for (const { blockedSeconds } of reports) {
      expect(blockedSeconds).toBeGreaterThan(20);
      expect(blockedSeconds).toBeLessThan(70);
    }
  });
});

describe('a peer that says it holds what nobody else has, as one that trains', () => {
  const lacking: SourceMessage[] = [{ kind: 'too-far-behind', origin: origin(), floor: 5 }, { kind: 'level' }];
  const serve = async (channel: Channel) => {
    await sendSourceMessages(channel, ...lacking);
    for await (const _ of channel.messages());
    await channel.close();
  };
  const training = { origin: origin(), state: 'training', samples: 100 } as const;

  /** Answers each transfer with this head, and an image of the start of the run. */
  const offering = (rogue: Rogue, head: () => Pick<ReplicaHead, 'vector' | 'samples'>) => {
    const unit = latticeUnit(manifest.exchange.latticeBits);
    const start = toLattice(initialParameters(layout, seededRandom(manifest.seed).fork('start')), unit);
    const image = encodeReplicaImage(new ReplicatedSum(start.slice(), manifest.seed).image(), start);
    const imageHash = createHash('sha256').update(image).digest('hex');
    const say = (channel: Channel, message: ReplicaSourceMessage) =>
      channel.send(...([encodeReplicaSourceMessage(message)].flat() as [Uint8Array]));
    rogue.network.handle(REPLICA_PROTOCOL, { maxMessageBytes: 2 ** 24 }, async (channel) => {
      const requests = channel.messages()[Symbol.asyncIterator]();
      await requests.next();
      await say(channel, { kind: 'head', head: { ...head(), imageBytes: image.length, imageHash } });
      const { done } = await requests.next();
      for (let at = 0; !done && at < image.length; at += PIECE_BYTES) {
        await say(channel, { kind: 'piece', bytes: image.subarray(at, at + PIECE_BYTES) });
      }
      await channel.close();
    });
  };

  test('and hands nothing over is waited for so long and no longer', async () => {
    const { reports } = await expectUnharmed({ serve, act: (rogue) => rogue.keepSaying(training) });
    for (const { blockedSeconds } of reports) {
      expect(blockedSeconds).toBeGreaterThan(STALE_PATIENCE_MS / 2_000);
      expect(blockedSeconds).toBeLessThan(STALE_PATIENCE_MS / 500);
    }
  });

  test('and has left is not waited for', async () => {
    const { reports } = await expectUnharmed({
      serve,
      act: async (rogue) => rogue.say({ ...training, state: 'finishing' }),
    });
    for (const { blockedSeconds } of reports) expect(blockedSeconds).toBeLessThan(STALE_PATIENCE_MS / 4_000);
  });

  test('and hands over an image that stands behind its head harms nobody', async () => {
    const act = async (rogue: Rogue) => {
      const behind = [...published].map(([name, to]): [OriginKey, number] => [name, Math.max(0, to - 6)]);
      offering(rogue, () => ({ vector: [[origin(), 10], ...behind], samples: [] }));
      await rogue.keepSaying(training);
    };
    const result = await expectUnharmed({ serve, act });
    expect(tellers(result, 'MESSAGE_INVALID')).toBe(PEERS);
    expect(result.events.filter(({ type }) => type === 'adopted')).toEqual([]);
  });

  test('and tells of peers that have trained without measure, and are in no replica, does not end the run', async () => {
    const act = async (rogue: Rogue) => {
      const samples = ['ghost-1', 'ghost-2'].map((name): [string, number] => [name, 2 ** 40]);
      offering(rogue, () => ({ vector: [[origin(), 10]], samples }));
      await rogue.keepSaying(training);
    };
    await expectUnharmed({ serve, act });
  });
});

describe('sound messages of nonsense', () => {
  test.each<[string, () => SourceMessage[]]>([
    ['sequences of the future', () => [update(frameOf(2 ** 40))]],
    ['sequences that overlap', () => [update(frameOf(4, { from: 1 }))]],
    ['an origin out of scope', () => [{ kind: 'origin', origin: 'peer-1/0000000000000001' }]],
    ['a number that was not given', () => [update(frameOf(3), 5)]],
    ['no frame at all', () => [update(Uint8Array.of(1, 2, 3))]],
  ])('%s end the feed each time, and in the end all talk with their sender', async (_what, messages) => {
    const result = await expectUnharmed({ serve: serving(2, ...messages()) });
    for (const { vector } of result.reports) expect(vector[origin()]).toBe(2);
    expect(tellers(result, 'MESSAGE_INVALID')).toBe(PEERS);
  });

  test('sequences repeated without end are dropped', async () => {
    const repeated = Array.from({ length: 500 }, () => update(frameOf(1)));
    const { reports } = await expectUnharmed({ serve: serving(2, ...repeated) });
    expect(reports[0]!.vector[origin()]).toBe(2);
  });

  test('a sequence that spans everything is one update', async () => {
    const everything = update(frameOf(2 ** 48, { from: 2, samples: 2 ** 48 }));
    const { reports } = await expectUnharmed({ serve: serving(2, everything) }, { leastRounds: ROUNDS / 8 });
    for (const { vector } of reports) expect(vector[origin()]).toBe(2 ** 48);
  });

  test('counts of samples without measure drive the clock faster, and not to the end', async () => {
    const act = (rogue: Rogue) => rogue.keepSaying({ samples: 2 ** 48 });
    const result = await expectUnharmed({ act }, { leastRounds: ROUNDS / 8 });
    for (const { rounds } of result.reports) expect(rounds).toBeLessThan(ROUNDS);
  });

  test('a vote for the target, from the future at that, is one vote', async () => {
    const act = (rogue: Rogue) => rogue.keepSaying({ confirmedAtSamples: 2 ** 47, state: 'finishing' });
    const result = await expectUnharmed({ act });
    expect(result.events.filter(({ type }) => type === 'converged')).toEqual([]);
  });

  test('updates published in another month do not set the lookahead', async () => {
    const frames = [...Array(20).keys()].map((n) =>
      update(frameOf(n + 1, { publishedAtMs: -(2 ** 31), pendingMs: 2 ** 30 })),
    );
    const result = await expectUnharmed({ serve: serving(0, ...frames) });
    expect(result.reports[0]!.vector[origin()]).toBe(20);
  });

  test('a step as large as the format allows is applied by all alike', async () => {
    const huge = update(frameOf(1, { magnitudes: [2 ** 28] }));
    const { reports } = await expectUnharmed({ serve: serving(0, huge) });
    for (const { vector } of reports) expect(vector[origin()]).toBe(1);
  });

  test('hundreds of incarnations are so many', async () => {
    const serve = async (channel: Channel) => {
      for (let n = 0; n < 300; n++) {
        await sendSourceMessages(channel, { kind: 'origin', origin: origin(n + 1) }, update(frameOf(1), n));
      }
    };
    const { reports } = await expectUnharmed({ serve });
    for (const { vector } of reports) expect(Object.keys(vector)).toHaveLength(PEERS + MAX_INCARNATIONS);
  });

  test('thousands of peers that it has heard of are asked for at a bounded rate', async () => {
    const act = async (rogue: Rogue) => {
      for (let batch = 0; ; batch++) {
        const vector = [...Array(200).keys()].map((n) => [`ghost-${batch}-${n}/0000000000000001`, 1] as const);
        rogue.say({ state: 'finishing', vector });
        await sleep(rogue.clock, 100);
      }
    };
    await expectUnharmed({ act });
  });
});
