/**
 * Hostile input for everything that reads: `npm run fuzz -- [--cases N] [--seed S]`, and to repeat one case
 * `npm run fuzz -- --seed S --target T --case N`.
 */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import '../../src/support/polyfill.ts';
import { fuzz } from './fuzz.ts';
import { casesOf, targets } from './targets.ts';

const DEFAULT_CASES = 1_000_000;

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: String(DEFAULT_CASES) },
    seed: { type: 'string', default: '1' },
    target: { type: 'string' },
    case: { type: 'string' },
  },
});

// Node's own flag would have to stand before the file's name, where npm puts nothing.
setFlagsFromString('--expose-gc');
const collectOnce: () => void = runInNewContext('gc');
/** More than once: what native decoders hold is freed a while after the objects that stand for them. */
async function collect(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) {
    collectOnce();
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

const { seed } = values;
const chosen = targets.filter(({ name }) => values.target === undefined || values.target === name);
let [cases, failures] = [0, 0];
for (const target of chosen) {
  const part =
    values.case === undefined
      ? { seed, cases: chosen.length === 1 ? Number(values.cases) : casesOf(target, Number(values.cases)) }
      : { seed, first: Number(values.case), cases: 1 };
  const startMs = performance.now();
  const outcome = await fuzz(target, part, collect);
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  const held = (outcome.heldBytes / 2 ** 20).toFixed(1);
  console.log(
    `${target.name}: ${outcome.cases} cases, ${outcome.read} read, ${outcome.refused} refused, ${held} MiB held, ${seconds} s`,
  );
  for (const { index, error } of outcome.failures) {
    console.log(`  case ${index}: ${error instanceof Error ? error.stack : error}`);
    console.log(`  repeat it: npm run fuzz -- --seed ${seed} --target ${target.name} --case ${index}`);
  }
  cases += outcome.cases;
  failures += outcome.failures.length;
}
console.log(`${cases} cases, ${failures} failures`);
process.exitCode = failures === 0 && cases > 0 ? 0 : 1;
