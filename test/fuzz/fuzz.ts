import { type FailureCode, isFailure } from '../../src/support/errors.ts';
import { type Random, seededRandom } from '../../src/support/random.ts';

/** One reader of what comes from outside, and how to attack it. */
export interface FuzzTarget {
  readonly name: string;
  /** Of a thousand cases over all targets, how many are of this one: what is cheap and exposed gets most. */
  readonly perMille: number;
  /** How hostile input may be refused. */
  readonly codes: readonly FailureCode[];
  /** Draws one input, sound or hostile, reads it, and asserts what must hold of the result; throws what reading throws. */
  readonly attempt: (random: Random) => void | Promise<void>;
}

export interface FuzzOutcome {
  cases: number;
  /** Inputs that were read, and that were refused with a code. */
  read: number;
  refused: number;
  /** Most memory that the cases since the last collection had left behind, in bytes. */
  heldBytes: number;
  failures: { readonly index: number; readonly error: unknown }[];
}

/** No reader takes longer over an input of some kilobytes: a thousand times what the slowest of them takes. */
export const MAX_CASE_MS = 1_000;
/** What may be left after a collection beside what was there before: caches of compiled code and of schemas. */
export const MAX_HELD_BYTES = 2 ** 26;
/** Cases between two collections. */
const COLLECT_EVERY = 50_000;
/** A broken reader fails at most cases: so many tell enough. */
const MAX_FAILURES = 5;

/** Case `index` of a target is the same in every run of that seed, whatever was run before it. */
export const caseRandom = (seed: string, target: FuzzTarget, index: number): Random =>
  seededRandom(`${seed}/${target.name}/${index}`);

/** @param collect forces a garbage collection; without it memory is not judged */
export async function fuzz(
  target: FuzzTarget,
  { seed, first = 0, cases }: { readonly seed: string; readonly first?: number; readonly cases: number },
  collect?: () => Promise<void>,
): Promise<FuzzOutcome> {
  const outcome: FuzzOutcome = { cases: 0, read: 0, refused: 0, heldBytes: 0, failures: [] };
  await collect?.();
  const before = heldBytes();
  for (let index = first; index < first + cases && outcome.failures.length < MAX_FAILURES; index++) {
    await runCase(target, seed, index, outcome);
    if (collect === undefined || (outcome.cases % COLLECT_EVERY !== 0 && outcome.cases < cases)) continue;
    await collect();
    outcome.heldBytes = Math.max(outcome.heldBytes, heldBytes() - before);
    if (outcome.heldBytes > MAX_HELD_BYTES) {
      outcome.failures.push({ index, error: new Error(`${outcome.heldBytes} bytes are held after this case`) });
      break;
    }
  }
  return outcome;
}

async function runCase(target: FuzzTarget, seed: string, index: number, outcome: FuzzOutcome): Promise<void> {
  outcome.cases++;
  try {
    const tookMs = await timed(target, seed, index, outcome);
    if (tookMs <= MAX_CASE_MS) return;
    // The machine may have been busy with something else.
    const again = await timed(target, seed, index, { ...outcome });
    if (again > MAX_CASE_MS) throw new Error(`took ${Math.round(tookMs)} ms, and ${Math.round(again)} ms once more`);
  } catch (error) {
    outcome.failures.push({ index, error });
  }
}

async function timed(target: FuzzTarget, seed: string, index: number, outcome: FuzzOutcome): Promise<number> {
  const start = performance.now();
  try {
    // Not awaited where there is nothing to wait for: a tick each would be most of the time.
    const pending = target.attempt(caseRandom(seed, target, index));
    if (pending !== undefined) await pending;
    outcome.read++;
  } catch (error) {
    if (!isFailure(error) || !target.codes.includes(error.code)) throw error;
    outcome.refused++;
  }
  return performance.now() - start;
}

function heldBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
