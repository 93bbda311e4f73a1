import { existsSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { fixedSetting } from '../../../peer/controller/setting.ts';
import { evaluationSamples } from '../../../peer/replica/evaluation-samples.ts';
import { InlineReplica } from '../../../peer/replica/inline-replica.ts';
import type { ReplicaHost, RoundInput } from '../../../peer/replica/replica-host.ts';
import { Trainer } from '../../../peer/replica/trainer.ts';
import { identityCompressor } from '../../../src/compression/replica-compressor.ts';
import { createCompute } from '../../../src/compute/tensorflow-compute.ts';
import { digitsDataset } from '../../../src/datasets/digits.ts';
import { seededRandom } from '../../../src/support/random.ts';
import { VirtualClock } from '../../../src/support/virtual-clock.ts';
import { failureOf } from '../../support/failures.ts';
import { testManifest } from '../../support/manifest.ts';

type ThreadModule = typeof import('../../../peer/replica/thread-replica.ts');

/** A thread's body is plain JavaScript, so that host is tested as it was built. */
const built = new URL('../../../dist/peer/replica/thread-replica.js', import.meta.url);
const manifest = testManifest();
const origin = 'a/0000000000000001';
const setting = fixedSetting(manifest)(0);
const input: RoundInput = { arrived: [], members: 2, swarmSamples: 0, ownSamples: 0, delayRounds: 1, setting };

async function inlineReplica(clock = new VirtualClock()): Promise<InlineReplica> {
  const compute = await createCompute({ topology: manifest.model.topology, backend: manifest.backend });
  const dataset = digitsDataset({ seed: manifest.seed, train: manifest.data.train!, test: manifest.data.test! });
  const random = seededRandom(manifest.seed).fork('evaluation');
  const samples = evaluationSamples(dataset, manifest.evaluation.samples, random);
  const components = { compute, dataset, samples, compressor: identityCompressor, clock };
  const init = { manifest, shard: 1, origin };
  return new InlineReplica((checkpoint) => new Trainer(components, { ...init, checkpoint }), {
    clock,
    machine: { stepsMs: (count) => 7 * count, evaluationMs: () => 100 },
  });
}

/** Five rounds and an evaluation. */
async function rehearse(host: ReplicaHost) {
  const info = await host.start(null);
  const losses: number[] = [];
  for (let round = 0; round < 5; round++) losses.push((await host.round(input)).loss);
  const { accuracy, latentAccuracy } = await host.evaluate('final');
  const snapshot = await host.snapshot();
  await host.stop();
  return { info, losses, accuracy, latentAccuracy, snapshot };
}

test('inline, a round takes the time of its steps, an evaluation its own, on virtual time', async () => {
  const clock = new VirtualClock();
  const host = await inlineReplica(clock);
  await host.start(null);
  const { computeMs } = await clock.run(host.round(input));
  expect([computeMs, clock.nowMs()]).toEqual([14, 14]);
  const { tookMs } = await clock.run(host.evaluate('stand-in'));
  expect([tookMs, clock.nowMs()]).toEqual([100, 114]);
  await clock.run(host.absorb([]));
  expect(clock.nowMs()).toBe(114);
});

describe.skipIf(!existsSync(built))('in a thread (built by npm run build)', () => {
  const threads: InstanceType<ThreadModule['ReplicaThread']>[] = [];
  const replicaThread = async (data = manifest.data) => {
    const { ReplicaThread }: ThreadModule = await import(built.href);
    const folders = { cacheFolder: 'nowhere', tensorflowFolder: 'nowhere' };
    const thread = new ReplicaThread({ manifest: { ...manifest, data }, ...folders });
    threads.push(thread);
    return thread;
  };
  afterEach(() => Promise.all(threads.splice(0).map((thread) => thread.stop())));

  test('a replica learns the same bits as inline', async () => {
    const clock = new VirtualClock();
    const inline = await clock.run(rehearse(await inlineReplica(clock)));
    expect(await rehearse((await replicaThread()).host({ shard: 1, origin }))).toEqual(inline);
  });

  test('several replicas of one thread learn what each would alone, however their calls fall', async () => {
    const alone = await Promise.all(
      [0, 1].map(async (shard) => rehearse((await replicaThread()).host({ shard, origin }))),
    );
    const thread = await replicaThread();
    expect(await Promise.all([0, 1].map((shard) => rehearse(thread.host({ shard, origin }))))).toEqual(alone);
    expect(alone[0]!.losses).not.toEqual(alone[1]!.losses);
  });

  test('the end of one replica leaves the others of its thread working', async () => {
    const thread = await replicaThread();
    const [first, second] = [0, 1].map((shard) => thread.host({ shard, origin }));
    await Promise.all([first!.start(null), second!.start(null)]);
    await first!.stop();
    await expect(first!.round(input)).rejects.toThrow(/ended/);
    expect((await second!.round(input)).samples).toBeGreaterThan(0);
  });

  test('replicas that all want to go on take turns', async () => {
    const thread = await replicaThread();
    const hosts = [0, 1].map((shard) => thread.host({ shard, origin }));
    await Promise.all(hosts.map((host) => host.start(null)));
    const turns: number[] = [];
    const goOn = async (host: ReplicaHost, index: number) => {
      for (let round = 0; round < 4; round++) {
        await host.round(input);
        turns.push(index);
      }
    };
    await Promise.all(hosts.map(goOn));
    expect(turns).toEqual([0, 1, 0, 1, 0, 1, 0, 1]);
  });

  test('what goes wrong comes back with its code and fields', async () => {
    const thread = await replicaThread({ ...manifest.data, kind: 'mnist', path: 'no-such-folder' });
    const host = thread.host({ shard: 1, origin });
    // The error is of the built module's class: its failure is what crosses over.
    const { failure } = (await host.start(null).catch((error: unknown) => error)) as { failure: { code: string } };
    expect(failure).toMatchObject({ code: 'DATA_MISSING', path: expect.stringContaining('no-such-folder') });
  });

  test('nothing is called before the start, and nothing is left waiting after the stop', async () => {
    const thread = await replicaThread();
    const host = thread.host({ shard: 1, origin });
    await expect(host.round(input)).rejects.toThrow(/not been started/);
    const starting = host.start(null);
    await thread.stop();
    await expect(starting).rejects.toThrow(/ended/);
    await expect(host.snapshot()).rejects.toThrow(/ended/);
  });
});

test('out of order frames are an error of the caller, inline as well', async () => {
  const clock = new VirtualClock();
  const host = await inlineReplica(clock);
  await host.start(null);
  const { frame } = await clock.run(host.round(input));
  await failureOf(host.absorb([{ origin, bytes: frame!.bytes }]), 'REPLICA_DRIFTED');
});
