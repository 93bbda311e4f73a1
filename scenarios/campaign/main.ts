/**
 * Simulated swarms, drawn at random and beset by faults drawn at random, under the eyes of checkers: `npm run simulate -- --seeds N
 * [--first S] [--real]`, and to see what happened in one `npm run simulate -- --first S --seeds 1 --trace`.
 */
import '../../src/support/polyfill.ts';
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Failure, runCampaign, type Seeds } from './campaign.ts';
import { syntheticLaboratory } from './synthetic-laboratory.ts';

/** Fewer seeds are not worth another process. */
const LEAST_SEEDS = 20;

/** Nearly all that a seed makes is garbage at its end: in a larger nursery most of it dies before it is looked at. */
const NURSERY_MIB = 64;

/** What a process that runs a part of a campaign tells. */
type Word = { readonly failure: Failure } | { readonly passed: number };

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '500' },
    first: { type: 'string', default: '1' },
    /** Real mathematics in the place of synthetic gradients. */
    real: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    /** Of every so many seeds this process takes one. */
    step: { type: 'string', default: '1' },
  },
});
const { real, trace } = values;
const seeds: Seeds = { first: Number(values.first), count: Number(values.seeds), step: Number(values.step) };

async function runHere(tell: (word: Word) => void): Promise<void> {
  // Failures are all in a day's work here, and nobody reads where most of them arose.
  if (!trace) Error.stackTraceLimit = 3;
  const laboratory = real ? await (await import('./digits-laboratory.ts')).digitsLaboratory() : syntheticLaboratory;
  const onFailure = (failure: Failure) => tell({ failure });
  tell({ passed: await runCampaign(laboratory, { seeds, onFailure, trace: trace ? console.log : null }) });
}

/** Seeds shared out among processes, by turns: those of one kind lie close together. */
async function runInProcesses(count: number, tell: (word: Word) => void): Promise<void> {
  const parts = Array.from({ length: count }, (_, index) => {
    const share = Math.ceil((seeds.count - index) / count);
    const part = ['--first', `${seeds.first + index}`, '--seeds', `${share}`, '--step', `${count}`];
    const execArgv = [...process.execArgv, `--max-semi-space-size=${NURSERY_MIB}`];
    const child = fork(fileURLToPath(import.meta.url), [...part, ...(real ? ['--real'] : [])], { execArgv });
    child.on('message', tell);
    return new Promise<void>((resolve, reject) => {
      child.once('exit', (status) => (status === 0 ? resolve() : reject(new Error(`a process ended with ${status}`))));
    });
  });
  await Promise.all(parts);
}

let [passed, failed] = [0, 0];
function report(word: Word): void {
  if ('passed' in word) passed += word.passed;
  else {
    failed++;
    const { seed, violations } = word.failure;
    for (const { checker, problem } of violations) console.log(`seed ${seed}: ${checker}: ${problem}`);
    console.log(`  replay it: npm run simulate -- --first ${seed} --seeds 1${real ? ' --real' : ''} --trace`);
  }
}

if (process.send !== undefined) {
  await runHere((word) => process.send!(word));
  process.disconnect();
} else {
  const processes = Math.min(availableParallelism(), Math.floor(seeds.count / LEAST_SEEDS));
  const startMs = performance.now();
  if (processes > 1) await runInProcesses(processes, report);
  else await runHere(report);
  const elapsed = (performance.now() - startMs) / 1000;
  console.log(`${elapsed.toFixed(1)} s, ${(seeds.count / elapsed).toFixed(1)} seeds a second`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}
