import type { Checker } from './checker.ts';
import { fingerprints } from './checkers/fingerprints.ts';
import { law } from './checkers/law.ts';
import { ledger } from './checkers/ledger.ts';
import { memory } from './checkers/memory.ts';
import { once } from './checkers/once.ts';
import { progress } from './checkers/progress.ts';
import { survival } from './checkers/survival.ts';

/** All that must hold of a swarm, whatever befalls it. */
export const checkers: readonly Checker[] = [law, fingerprints, ledger, once, survival, memory, progress];
