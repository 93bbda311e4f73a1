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
import type { Adoption, ArrivedFrame, EvaluationScope, ReplicaInfo, RoundInput } from './replica-host.ts';
import { MovedAnswer, serve } from './thread-calls.ts';
import { Trainer, type TrainerComponents } from './trainer.ts';

/** What the thread is started with: what all its replicas share. */
export interface ReplicaThreadInit {
  readonly manifest: Manifest;
  readonly cacheFolder: string;
  readonly tensorflowFolder: string;
}

/** What one of its replicas is started with. */
export interface ReplicaStart {
  readonly shard: number;
  readonly origin: OriginKey;
  readonly checkpoint: Uint8Array | null;
}

/** A call is for one of the thread's replicas, by its number. */
export interface ReplicaCall<T> {
  readonly replica: number;
  readonly argument: T;
}

/**
 * The worker thread of a process with real peers: builds a trainer for each from the manifest, and answers the network
 * thread's calls. A peer has hardly more than one call under way, so that first come, first served is fair to all.
 */
const { manifest, cacheFolder, tensorflowFolder } = workerData as ReplicaThreadInit;
const trainers = new Map<number, Trainer>();
let components: Promise<TrainerComponents> | null = null;

/** Data and compute, once for all replicas. */
async function loadComponents(): Promise<TrainerComponents> {
  const dataset = await loadDataset(manifest.data, manifest.seed, { disk: nodeDisk, cacheFolder });
  const { model, backend } = manifest;
  const compute = await createCompute({ topology: model.topology, backend, tensorflowFolder });
  const random = seededRandom(manifest.seed).fork('evaluation');
  const samples = evaluationSamples(dataset, manifest.evaluation.samples, random);
  return { compute, dataset, samples, compressor: identityCompressor, clock: systemClock };
}

/** A handler of calls for a replica that has started. */
function of<T>(answer: (trainer: Trainer, argument: T) => unknown) {
  return async ({ replica, argument }: ReplicaCall<T>) => answer(trainers.get(replica)!, argument);
}

serve(parentPort!, {
  start: async ({ replica, argument }: ReplicaCall<ReplicaStart>): Promise<ReplicaInfo> => {
    components ??= loadComponents();
    const trainer = new Trainer(await components, { manifest, ...argument });
    trainers.set(replica, trainer);
    return trainer.info();
  },
  round: of(async (trainer, input: RoundInput) => {
    const output = await trainer.round(input);
    return new MovedAnswer(output, output.frame === null ? [] : [bufferOf(output.frame.bytes)]);
  }),
  absorb: of((trainer, arrived: readonly ArrivedFrame[]) => trainer.absorb(arrived)),
  evaluate: of((trainer, scope: EvaluationScope) => trainer.evaluate(scope)),
  snapshot: of((trainer) => {
    const snapshot = trainer.snapshot();
    return new MovedAnswer(snapshot, [bufferOf(snapshot.values)]);
  }),
  image: of((trainer) => {
    const image = trainer.image();
    return new MovedAnswer(image, [bufferOf(image.bytes)]);
  }),
  adopt: of((trainer, adoption: Adoption) => trainer.adopt(adoption)),
  checkpoint: of((trainer) => {
    const checkpoint = trainer.checkpoint();
    return new MovedAnswer(checkpoint, [bufferOf(checkpoint)]);
  }),
});

/** Frames, snapshots, images and checkpoints own their buffers. */
function bufferOf({ buffer }: ArrayBufferView): ArrayBuffer {
  return buffer as ArrayBuffer;
}
