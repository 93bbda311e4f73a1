import { traceLine } from '../../protocols/simulated/trace.ts';
import type { PeerName } from '../../src/sum/origin.ts';
import { VirtualClock } from '../../src/support/virtual-clock.ts';
import { START_MS } from '../simulated/simulation.ts';
import { checkers } from './checkers.ts';
import { drawSwarm } from './draw-swarm.ts';
import type { Laboratory } from './laboratory.ts';
import { attempt, type Violation } from './trial.ts';

export interface Seeds {
  readonly first: number;
  readonly count: number;
  /** From one seed to the next. */
  readonly step: number;
}

/** A seed whose swarm broke what must hold. */
export interface Failure {
  readonly seed: number;
  readonly violations: readonly Violation[];
}

export interface CampaignInit {
  readonly seeds: Seeds;
  readonly onFailure: (failure: Failure) => void;
  /** Takes the trace, line by line; null where none is wanted. */
  readonly trace: ((line: string) => void) | null;
}

/** Runs the swarms of seeds one after the other; tells how many broke nothing. */
export async function runCampaign({ components, subject }: Laboratory, init: CampaignInit): Promise<number> {
  const { seeds, onFailure, trace } = init;
  let passed = 0;
  for (let index = 0; index < seeds.count; index++) {
    const seed = seeds.first + index * seeds.step;
    const clock = new VirtualClock(START_MS);
    const say = (peer: PeerName, what: string) => trace?.(traceLine(clock.nowMs() - START_MS, peer, what));
    const swarm = { ...drawSwarm(seed, subject), clock, trace: trace === null ? undefined : say };
    const violations = await attempt(components, swarm, checkers);
    if (violations.length > 0) onFailure({ seed, violations });
    else passed++;
  }
  return passed;
}
