import { Schedule } from '../../peer/replica/schedule.ts';
import { type Minibatch, sampleSize } from '../../src/datasets/dataset.ts';
import { Minibatches } from '../../src/datasets/minibatches.ts';
import { shardIndices } from '../../src/datasets/shards.ts';
import type { Manifest } from '../../src/manifest.ts';
import { initialParameters } from '../../src/models/initial-parameters.ts';
import { seededRandom } from '../../src/support/random.ts';
import type { VirtualSwarmComponents } from '../simulated/virtual-swarm.ts';

/**
 * What a swarm is measured against: synchronous training, in which every step takes one minibatch of each peer and the mean
 * of all gradients, uncompressed. Start, shards, rate, schedule, momentum and number of samples are the manifest's.
 * Returns the accuracy on the whole test set.
 */
export async function synchronousAccuracy(components: VirtualSwarmComponents, manifest: Manifest): Promise<number> {
  const { compute, dataset, samples } = components;
  const { peers, seed, limits } = manifest;
  const { batch, momentum } = manifest.training;
  const random = seededRandom(seed);
  const size = sampleSize(dataset);
  const streams = Array.from({ length: peers }, (_, peer) => {
    const shard = shardIndices(dataset.train.labels, { ...manifest.data, peers, peer, random });
    return new Minibatches(dataset.train, size, shard, batch, random.fork('peer').fork(peer).fork('minibatches'));
  });
  const schedule = new Schedule(manifest);
  const weights = initialParameters(compute.layout, random.fork('start'));
  const [velocity, gradient] = [new Float32Array(weights.length), new Float32Array(weights.length)];
  // The mean over one large minibatch is the mean of the means over its parts.
  const whole = {
    count: peers * batch,
    inputs: new Float32Array(peers * batch * size),
    labels: new Uint8Array(peers * batch),
  };
  for (let seen = 0; seen < limits.samples; seen += whole.count) {
    gather(streams, whole);
    await compute.gradient(weights, whole, gradient);
    const rate = schedule.rate(seen);
    for (let i = 0; i < weights.length; i++) {
      velocity[i] = momentum * velocity[i]! + rate * gradient[i]!;
      weights[i]! -= velocity[i]!;
    }
  }
  return (await compute.evaluate(weights, samples.whole)).accuracy;
}

function gather(streams: readonly Minibatches[], into: Minibatch): void {
  for (const [peer, stream] of streams.entries()) {
    const { count, inputs, labels } = stream.next();
    into.inputs.set(inputs, peer * inputs.length);
    into.labels.set(labels, peer * count);
  }
}
