import { parentPort, workerData } from 'node:worker_threads';
import { createCompute } from '../../src/compute/tensorflow-compute.ts';
import { initialParameters } from '../../src/models/initial-parameters.ts';
import { topologyOf } from '../../src/models/zoo.ts';
import { seededRandom } from '../../src/support/random.ts';

// The body of a worker thread in compute.test.ts: posts the backend and the gradient of one fixed minibatch.
const compute = await createCompute({ topology: topologyOf('mlp-100').topology, ...workerData });
const parameters = initialParameters(compute.layout, seededRandom(3));
const gradient = new Float32Array(parameters.length);
const inputs = Float32Array.from({ length: 8 * 784 }, (_, i) => (i % 11) / 11);
await compute.gradient(parameters, { count: 8, inputs, labels: Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7) }, gradient);
parentPort!.postMessage({ backend: compute.backend, gradient });
