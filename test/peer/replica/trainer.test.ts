import { beforeAll, describe, expect, test } from 'vitest';
import { evaluationSamples } from '../../../peer/replica/evaluation-samples.ts';
import type { ArrivedFrame, RoundInput } from '../../../peer/replica/replica-host.ts';
import { Trainer } from '../../../peer/replica/trainer.ts';
import { decodeFrame, encodeFrame } from '../../../protocols/updates/frame.ts';
import { identityCompressor, type ReplicaCompressor } from '../../../src/compression/replica-compressor.ts';
import type { Compute } from '../../../src/compute/compute.ts';
import { createCompute } from '../../../src/compute/tensorflow-compute.ts';
import type { Dataset } from '../../../src/datasets/dataset.ts';
import { digitsDataset } from '../../../src/datasets/digits.ts';
import type { Manifest } from '../../../src/manifest.ts';
import { seededRandom } from '../../../src/support/random.ts';
import { VirtualClock } from '../../../src/support/virtual-clock.ts';
import { failureOf } from '../../support/failures.ts';
import { testManifest } from '../../support/manifest.ts';

let compute: Compute;
let dataset: Dataset;

beforeAll(async () => {
  compute = await createCompute({ topology: testManifest().model.topology, backend: 'wasm' });
  dataset = digitsDataset({ seed: 5, train: 600, test: 200 });
  return () => compute.dispose();
});

const originOf = (shard: number) => `peer-${shard}/000000000000000${shard}`;
const clock = new VirtualClock(1_790_000_000_000);

function trainerOf(
  shard: number,
  exchange: Partial<Manifest['exchange']> = {},
  compressor = identityCompressor,
): Trainer {
  const manifest = testManifest({ exchange });
  const samples = evaluationSamples(dataset, manifest.evaluation.samples, seededRandom(1));
  return new Trainer(
    { compute, dataset, samples, compressor, clock },
    { manifest, shard, origin: originOf(shard), checkpoint: null },
  );
}

const input = (fields: Partial<RoundInput> = {}): RoundInput => ({
  arrived: [],
  members: 1,
  swarmSamples: 0,
  ownSamples: 0,
  delayRounds: 1,
  setting: { localSteps: 2, partitions: 4, density: 0.05 },
  ...fields,
});

/** Rounds of one trainer; the frames that it published. */
async function train(trainer: Trainer, shard: number, rounds: number): Promise<ArrivedFrame[]> {
  const frames: ArrivedFrame[] = [];
  for (let round = 0; round < rounds; round++) {
    const { frame } = await trainer.round(input());
    if (frame !== null) frames.push({ origin: originOf(shard), bytes: frame.bytes });
  }
  return frames;
}

function edited(bytes: Uint8Array, change: object): Uint8Array {
  return encodeFrame({ ...decodeFrame(bytes, { layout: compute.layout, nowMs: clock.nowMs() }), ...change });
}

describe.each(['partial', 'dense', 'none'] as const)('a trainer with the strategy %s', (strategy) => {
  test('learns: the loss falls and the accuracy rises, of S and of the latent replica', async () => {
    const trainer = trainerOf(0, { strategy, density: 0.2, lookahead: 1 });
    const before = await trainer.evaluate('final');
    const losses: number[] = [];
    for (let round = 0; round < 80; round++) losses.push((await trainer.round(input())).loss);
    const mean = (part: number[]) => part.reduce((sum, loss) => sum + loss, 0) / part.length;
    expect(mean(losses.slice(-10))).toBeLessThan(0.6 * mean(losses.slice(0, 10)));
    const after = await trainer.evaluate('final');
    expect(after.accuracy).toBeGreaterThan(before.accuracy + 0.2);
    expect(after.latentAccuracy).toBeGreaterThan(before.latentAccuracy! + 0.2);
    expect(after.fingerprintHolds).toBe(true);
  });

  test('counts what it did', async () => {
    const trainer = trainerOf(0, { strategy });
    const steps = 3;
    const setting = { localSteps: steps, partitions: 4, density: 0.05 };
    const { frame, samples, localSteps, drifts } = await trainer.round(input({ setting }));
    expect({ samples, localSteps, drifts }).toEqual({ samples: steps * 16, localSteps: steps, drifts: [] });
    expect(frame === null).toBe(strategy === 'none');
    if (frame === null) return;
    expect(frame.sequence).toBe(1);
    const head = decodeFrame(frame.bytes, { layout: compute.layout, nowMs: clock.nowMs() });
    expect(head).toMatchObject({
      from: 0,
      to: 1,
      samples: steps * 16,
      publishedAtMs: clock.nowMs(),
      fingerprint: null,
    });
  });
});

test('peers start from the same bits, on shards that do not overlap', async () => {
  const [a, b] = [trainerOf(0), trainerOf(1)];
  expect(a.snapshot().values).toEqual(b.snapshot().values);
  expect(a.snapshot().values.some((value) => value !== 0)).toBe(true);
  expect(a.info()).toMatchObject({ backend: 'wasm', shardSamples: 300 });
  const [first] = await train(a, 0, 1);
  const [second] = await train(b, 1, 1);
  expect(first!.bytes).not.toEqual(second!.bytes);
});

test.each(['partial', 'dense'] as const)(
  '%s: trainers that absorb the frames of each other hold equal bits',
  async (strategy) => {
    const [a, b] = [trainerOf(0, { strategy }), trainerOf(1, { strategy })];
    const ofA: ArrivedFrame[] = [];
    const ofB: ArrivedFrame[] = [];
    for (let round = 0; round < 40; round++) {
      // B hears of A at once, A of B only every eighth round.
      const late = round % 8 === 0 ? ofB.splice(0) : [];
      const outputs = [
        await a.round(input({ arrived: late, members: 2 })),
        await b.round(input({ arrived: ofA.splice(0), members: 2 })),
      ];
      for (const { drifts } of outputs) expect(drifts).toEqual([]);
      ofA.push({ origin: originOf(0), bytes: outputs[0]!.frame!.bytes });
      ofB.push({ origin: originOf(1), bytes: outputs[1]!.frame!.bytes });
    }
    expect(a.snapshot().fingerprint).not.toBe(b.snapshot().fingerprint);
    expect([a.absorb(ofB), b.absorb(ofA)]).toEqual([[], []]);
    const [left, right] = [a.snapshot(), b.snapshot()];
    expect(left.values).toEqual(right.values);
    expect(left.fingerprint).toBe(right.fingerprint);
    expect([left.fingerprintHolds, right.fingerprintHolds]).toEqual([true, true]);
    expect(new Map(left.vector)).toEqual(
      new Map([
        [originOf(0), 40],
        [originOf(1), 40],
      ]),
    );
    expect(new Map(right.vector)).toEqual(new Map(left.vector));
  },
);

describe('drift', () => {
  test('every sixteenth frame claims the hash of all before it', async () => {
    const frames = await train(trainerOf(0), 0, 33);
    const claims = frames.map(
      ({ bytes }) => decodeFrame(bytes, { layout: compute.layout, nowMs: 0 }).fingerprint !== null,
    );
    expect(claims.flatMap((claims, i) => (claims ? [i + 1] : []))).toEqual([16, 32]);
  });

  test('a claim that was tampered with is reported', async () => {
    const frames = await train(trainerOf(0), 0, 16);
    const last = frames[15]!;
    const tampered = { ...last, bytes: edited(last.bytes, { fingerprint: [1, 2] }) };
    expect(trainerOf(1).absorb(frames)).toEqual([]);
    expect(trainerOf(1).absorb([...frames.slice(0, 15), tampered])).toEqual([{ origin: originOf(0), sequence: 16 }]);
  });

  test('an update that was tampered with is reported at the next claim', async () => {
    const frames = await train(trainerOf(0), 0, 16);
    const third = frames[2]!;
    const { magnitudes } = decodeFrame(third.bytes, { layout: compute.layout, nowMs: 0 });
    const bytes = edited(third.bytes, { magnitudes: magnitudes.map((magnitude) => magnitude + 1) });
    const trainer = trainerOf(1);
    const tampered = frames.with(2, { ...third, bytes });
    const { drifts } = await trainer.round(input({ arrived: tampered }));
    expect(drifts).toEqual([{ origin: originOf(0), sequence: 16 }]);
    // What was applied is what was added: the peer's own sum is sound.
    expect(trainer.snapshot().fingerprintHolds).toBe(true);
  });

  test.each([
    ['gap', [0, 2]],
    ['covered', [0, 0]],
  ])('frames out of order (%s) are REPLICA_DRIFTED', async (problem, order) => {
    const frames = await train(trainerOf(0), 0, 3);
    const arrived = order.map((at) => frames[at]!);
    const error = await failureOf(() => trainerOf(1).absorb(arrived), 'REPLICA_DRIFTED');
    expect(error.failure).toMatchObject({ origin: originOf(0), problem: expect.stringContaining(problem) });
    await failureOf(trainerOf(1).round(input({ arrived })), 'REPLICA_DRIFTED');
  });
});

test('the compressed replica is trained on and scored; what it masks is not learnt', async () => {
  const mask = new Uint8Array(compute.layout.size).map((_, i) => i % 2);
  const halved: ReplicaCompressor = {
    compress: (parameters, into) => into.set(parameters.map((value, i) => value * mask[i]!)),
    sizeBytes: () => 77,
    mask: () => mask,
  };
  const trainer = trainerOf(0, { density: 1 }, halved);
  const start = trainer.snapshot().values;
  await train(trainer, 0, 8);
  const { values, replicaBytes } = trainer.snapshot();
  expect(replicaBytes).toBe(77);
  expect(values.some((value, i) => mask[i] === 1 && value !== start[i])).toBe(true);
  expect(values.every((value, i) => mask[i] === 1 || value === start[i])).toBe(true);
});

test('an evaluation changes nothing', async () => {
  const trainer = trainerOf(0);
  await train(trainer, 0, 2);
  const before = trainer.snapshot();
  const [standIn, whole] = [await trainer.evaluate('stand-in'), await trainer.evaluate('final')];
  expect([standIn.whole, whole.whole]).toEqual([false, true]);
  expect([standIn.latentAccuracy === null, whole.latentAccuracy === null]).toEqual([true, false]);
  expect(await trainer.evaluate('stand-in')).toEqual(standIn);
  expect(trainer.snapshot()).toEqual(before);
});

test('an image that stands elsewhere than its head told is refused before anything is touched', async () => {
  const [source, trainer] = [trainerOf(0), trainerOf(1)];
  await train(source, 0, 3);
  await train(trainer, 1, 2);
  const { bytes, vector } = source.image();
  const own = trainer.snapshot();
  const adoption = { image: bytes, replay: [], givenUp: null };
  for (const told of [[], [[originOf(0), 2]], [...vector, [originOf(1), 2]]] as [string, number][][]) {
    const { failure } = await failureOf(() => trainer.adopt({ ...adoption, vector: told }), 'MESSAGE_INVALID');
    expect(failure).toMatchObject({ field: 'vector' });
    expect(trainer.snapshot()).toEqual(own);
  }
  trainer.adopt({ ...adoption, vector });
  expect(trainer.snapshot()).toEqual(source.snapshot());
});
