import '../../src/support/polyfill.ts';
import { parentPort, workerData } from 'node:worker_threads';
import { identityCompressor } from '../../src/compression/replica-compressor.ts';
import { createCompute } from '../../src/compute/tensorflow-compute.ts';
import { nodeDisk } from '../../src/datasets/disk.ts';
import { loadDataset } from '../../src/datasets/load.ts';
import type { Manifest } from '../../src/manifest.ts';
import type { OriginKey } from '../../src/sum/origin.ts';
import { seededRandom } from '../../src/support/random.ts';
import { systemClock } from '../../src/support/system-clock.ts';
import { evaluationSamples } from './evaluation-samples.ts';
import type { Adoption, EvaluationScope, ReplicaInfo } from './replica-host.ts';
import { MovedAnswer, serve } from './thread-calls.ts';
import { Trainer } from './trainer.ts';

/** What the thread is started with. */
export interface ReplicaThreadInit {
  readonly manifest: Manifest;
  readonly shard: number;
  readonly origin: OriginKey;
  readonly cacheFolder: string;
  readonly tensorflowFolder: string;
}

/** The worker thread of a real peer: builds a trainer from the manifest and answers the network thread's calls. */
async function createTrainer(init: ReplicaThreadInit, checkpoint: Uint8Array | null): Promise<Trainer> {
  const { manifest, shard, origin, cacheFolder, tensorflowFolder } = init;
  const dataset = await loadDataset(manifest.data, manifest.seed, { disk: nodeDisk, cacheFolder });
  const { model, backend } = manifest;
  const compute = await createCompute({ topology: model.topology, backend, tensorflowFolder });
  const random = seededRandom(manifest.seed).fork('evaluation');
  const samples = evaluationSamples(dataset, manifest.evaluation.samples, random);
  const compressor = identityCompressor;
  return new Trainer(
    { compute, dataset, samples, compressor, clock: systemClock },
    { manifest, shard, origin, checkpoint },
  );
}

let trainer: Trainer;

serve(parentPort!, {
  start: async (checkpoint: Uint8Array | null): Promise<ReplicaInfo> => {
    trainer = await createTrainer(workerData as ReplicaThreadInit, checkpoint);
    return trainer.info();
  },
  round: async (input: Parameters<Trainer['round']>[0]) => {
    const output = await trainer.round(input);
    return new MovedAnswer(output, output.frame === null ? [] : [bufferOf(output.frame.bytes)]);
  },
  absorb: async (arrived: Parameters<Trainer['absorb']>[0]) => trainer.absorb(arrived),
  evaluate: (scope: EvaluationScope) => trainer.evaluate(scope),
  snapshot: async () => {
    const snapshot = trainer.snapshot();
    return new MovedAnswer(snapshot, [bufferOf(snapshot.values)]);
  },
  image: async () => {
    const image = trainer.image();
    return new MovedAnswer(image, [bufferOf(image.bytes)]);
  },
  adopt: async (adoption: Adoption) => trainer.adopt(adoption),
  checkpoint: async () => {
    const checkpoint = trainer.checkpoint();
    return new MovedAnswer(checkpoint, [bufferOf(checkpoint)]);
  },
});

/** Frames, snapshots, images and checkpoints own their buffers. */
function bufferOf({ buffer }: ArrayBufferView): ArrayBuffer {
  return buffer as ArrayBuffer;
}
