import { afterAll, beforeAll, expect, test } from 'vitest';
import { Peer } from '../../peer/peer.ts';
import { evaluationSamples } from '../../peer/replica/evaluation-samples.ts';
import { InlineReplica } from '../../peer/replica/inline-replica.ts';
import type { RoundInput, RoundOutput } from '../../peer/replica/replica-host.ts';
import { Trainer } from '../../peer/replica/trainer.ts';
import { identityCompressor } from '../../src/compression/replica-compressor.ts';
import type { Compute } from '../../src/compute/compute.ts';
import { createCompute } from '../../src/compute/tensorflow-compute.ts';
import { digitsDataset } from '../../src/datasets/digits.ts';
import { Identity } from '../../src/sum/identity.ts';
import { sleep } from '../../src/support/clock.ts';
import { seededRandom } from '../../src/support/random.ts';
import { testManifest } from '../support/manifest.ts';
import { SimulatedWorld } from '../support/simulated-world.ts';

const manifest = { ...testManifest(), peers: 1 };
const dataset = digitsDataset({ seed: 5, train: 100, test: 50 });
let compute: Compute;

beforeAll(async () => {
  compute = await createCompute({ topology: manifest.model.topology, backend: 'wasm' });
});
afterAll(() => compute.dispose());

/** A replica that breaks in its third round. */
class BreakingReplica extends InlineReplica {
  #rounds = 0;

  override round(input: RoundInput): Promise<RoundOutput> {
    return ++this.#rounds === 3 ? Promise.reject(new Error('the replica broke')) : super.round(input);
  }
}

test('a peer that fails ends when the checkpoint under way is written: its folder is free then', async () => {
  const world = new SimulatedWorld();
  const { clock } = world;
  const identity = new Identity('a', () => 1n);
  const samples = evaluationSamples(dataset, 20, seededRandom(1));
  const parts = { compute, dataset, samples, compressor: identityCompressor, clock };
  const trainer = (checkpoint: Uint8Array | null) =>
    new Trainer(parts, { manifest, shard: 0, origin: identity.origin, checkpoint });
  const replica = new BreakingReplica(trainer, {
    clock,
    machine: { stepsMs: (count) => count, evaluationMs: () => 1 },
  });
  const written: boolean[] = [];
  const save = async () => {
    const at = written.push(false) - 1;
    await sleep(clock, 60_000);
    written[at] = true;
  };
  const checkpoints = { place: 'a slow disk', load: async () => null, save };
  const init = { manifest, shard: 0, identity, join: [], emit: () => {}, signal: new AbortController().signal };
  const peer = new Peer(
    { network: world.hub.network('a'), clock, replica, checkpoints },
    { ...init, checkpointSeconds: 0 },
  );
  await expect(world.run(() => peer.run())).rejects.toThrow('the replica broke');
  expect(written).toEqual([true]);
});
