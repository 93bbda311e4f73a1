import type { Network } from '../protocols/network.ts';
import type { UpdateSource } from '../protocols/updates/update-source.ts';
import type { Manifest } from '../src/manifest.ts';
import type { Identity } from '../src/sum/identity.ts';
import type { PeerName } from '../src/sum/origin.ts';
import type { Clock } from '../src/support/clock.ts';
import { firstRing } from '../src/support/doorbell.ts';
import type { Checkpoints } from './checkpoint/checkpoints.ts';
import { createControl, type ExchangeControl } from './controller/exchange-control.ts';
import type { PeerEvent } from './events.ts';
import type { CatchUp } from './exchange/catch-up.ts';
import type { Inbox } from './exchange/inbox.ts';
import type { Members } from './membership/members.ts';
import type { Narrator } from './narrator.ts';
import type { DelayMeter } from './progress/delay-meter.ts';
import type { EvaluationPlan } from './progress/evaluation-plan.ts';
import type { SwarmClock } from './progress/swarm-clock.ts';
import type { Tally } from './progress/tally.ts';
import type { ArrivedFrame, ReplicaHost, ReplicaScores, RoundOutput } from './replica/replica-host.ts';

export type FinishReason = Extract<PeerEvent, { type: 'finishing' }>['reason'];

export interface RoundLoopComponents {
  readonly clock: Clock;
  readonly network: Network;
  readonly replica: ReplicaHost;
  readonly inbox: Inbox;
  readonly source: UpdateSource;
  /** Null where nothing is exchanged. */
  readonly catchUp: CatchUp | null;
  readonly checkpoints: Checkpoints;
  readonly members: Members;
  readonly swarm: SwarmClock;
  readonly plan: EvaluationPlan;
  readonly delays: DelayMeter;
  readonly tally: Tally;
  readonly narrator: Narrator;
}

export interface RoundLoopInit {
  readonly manifest: Manifest;
  readonly parameters: number;
  readonly identity: Identity;
  /** Aborts when the run ends in any case. */
  readonly overtime: AbortSignal;
  /** Asks to finish early. */
  readonly signal: AbortSignal;
  readonly onScores: (scores: ReplicaScores, swarmSamples: number) => void;
}

/** Round after round, the network's side of each: see ARCHITECTURE.md, "The life of a gradient". */
export class RoundLoop {
  readonly #components: RoundLoopComponents;
  readonly #init: RoundLoopInit;
  readonly #control: ExchangeControl;
  /** Either of the two that end a run. */
  readonly #end: AbortSignal;

  constructor(components: RoundLoopComponents, init: RoundLoopInit) {
    this.#components = components;
    this.#init = init;
    this.#control = createControl(components, init);
    this.#end = AbortSignal.any([init.overtime, init.signal]);
  }

  /** Trains until the run is over, and tells why it is. */
  async run(): Promise<FinishReason> {
    const { plan, members, swarm, catchUp, checkpoints } = this.#components;
    while (true) {
      const reason = this.#reasonToFinish();
      if (reason !== null) return this.#lastJudgement(reason);
      await this.#keepWithinBound();
      if (catchUp?.ready) await this.absorb();
      this.#publish(await this.#round());
      await checkpoints.keepUp();
      if (plan.isDue(swarm.samples(), members)) await this.#evaluate(false);
    }
  }

  /** Whether anything has come that is not applied. */
  get waiting(): boolean {
    return this.#components.inbox.waiting > 0 || (this.#components.catchUp?.ready ?? false);
  }

  /** Applies what has come without training: a whole replica first, where one has. */
  async absorb(): Promise<void> {
    const { inbox, replica, catchUp, checkpoints, narrator } = this.#components;
    const { identity } = this.#init;
    const { origin } = identity;
    if (catchUp?.ready) narrator.drifted(await catchUp.adopt());
    // An earlier checkpoint still has in S what is published once more from here on.
    if (identity.origin !== origin) await checkpoints.now();
    const arrived = this.#takeArrived();
    inbox.tell();
    narrator.drifted(await replica.absorb(arrived));
  }

  #reasonToFinish(): FinishReason | null {
    const { manifest, overtime, signal } = this.#init;
    const { plan, members, swarm } = this.#components;
    if (signal.aborted) return 'asked';
    if (plan.converged(members, swarm.samples())) return 'target';
    if (swarm.samples() >= manifest.limits.samples) return 'samples';
    return overtime.aborted ? 'seconds' : null;
  }

  /** Where a limit ends the run the last state is judged too: it may have reached the target since it was looked at. */
  async #lastJudgement(reason: FinishReason): Promise<FinishReason> {
    const { plan, members, swarm } = this.#components;
    if (reason === 'samples' || reason === 'seconds') await this.#evaluate(true);
    return reason !== 'asked' && plan.converged(members, swarm.samples()) ? 'target' : reason;
  }

  async #round(): Promise<RoundOutput> {
    const { clock, replica, members, swarm, delays, tally, narrator } = this.#components;
    const startMs = clock.nowMs();
    const output = await replica.round({
      arrived: this.#takeArrived(),
      members: members.contributing(),
      swarmSamples: swarm.samples(),
      ownSamples: swarm.own,
      delayRounds: delays.delayRounds(),
      setting: this.#control.setting(swarm.samples()),
    });
    delays.round(clock.nowMs() - startMs);
    tally.round(output, clock.nowMs());
    this.#control.ended(output);
    swarm.trained(output.samples);
    narrator.drifted(output.drifts);
    return output;
  }

  #publish({ frame }: RoundOutput): void {
    if (frame === null) return;
    this.#components.inbox.acceptOwn(this.#init.identity.origin, frame.sequence, frame.bytes);
    this.#components.source.logGrew(this.#init.identity.origin);
  }

  /**
   * The staleness bound, both ways: while a live subscriber has too many updates still to take, or this peer is too far
   * behind somebody, it only applies.
   */
  async #keepWithinBound(): Promise<void> {
    const { clock, inbox, members, source, tally, catchUp } = this.#components;
    const { manifest, identity } = this.#init;
    const moves = catchUp === null ? [] : [catchUp.changes];
    const startMs = clock.nowMs();
    const isAwaited = (peer: PeerName) => members.isAwaited(peer);
    const published = () => inbox.taken.get(identity.origin);
    const behind = () => source.backlog(published(), isAwaited, clock.nowMs()) >= manifest.exchange.staleness;
    // The others may be waiting for this peer's word as it waits for theirs.
    if (behind()) inbox.tell();
    while ((behind() || catchUp?.isStale) && this.#reasonToFinish() === null) {
      if (this.waiting) await this.absorb();
      else await firstRing([inbox.arrivals, source.progress, members.changes, ...moves], this.#end);
    }
    tally.blocked(clock.nowMs() - startMs);
  }

  async #evaluate(thorough: boolean): Promise<void> {
    const { plan, swarm, replica } = this.#components;
    const swarmSamples = swarm.samples();
    const scores = await plan.evaluate(swarmSamples, thorough, (scope) => replica.evaluate(scope));
    for (const score of scores) this.#init.onScores(score, swarmSamples);
  }

  #takeArrived(): readonly ArrivedFrame[] {
    const { clock, inbox, delays } = this.#components;
    const nowMs = clock.nowMs();
    return inbox.take((times) => delays.applied(times, nowMs));
  }
}
