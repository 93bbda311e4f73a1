import '../../src/support/polyfill.ts';
import { parseArgs } from 'node:util';
import { accuracyOfCell } from './mnist-cell.ts';

/**
 * The setting that the NumPy model of the exchange is compared at: 4 peers, H = 4, p = 4, c = 2, 2,000 steps.
 *
 *     npm run study:prototype -- --data FOLDER [--seeds 3]
 */
const { values } = parseArgs({ options: { data: { type: 'string' }, seeds: { type: 'string', default: '3' } } });
const accuracies: number[] = [];
for (let seed = 0; seed < Number(values.seeds); seed++) {
  const setting = { peers: 4, localSteps: 4, partitions: 4, delayRounds: 1, steps: 2000, labelsPerPeer: null };
  accuracies.push(100 * (await accuracyOfCell({ ...setting, lookahead: 2, seed }, values.data ?? '')));
  console.log(`seed ${seed}: ${accuracies.at(-1)!.toFixed(2)} %`);
}
console.log(`mean ${(accuracies.reduce((sum, accuracy) => sum + accuracy) / accuracies.length).toFixed(2)} %`);
