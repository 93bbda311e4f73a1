import { type Clock, sleep } from '../../src/support/clock.ts';
import type {
  ArrivedFrame,
  EvaluationScope,
  ReplicaHost,
  ReplicaInfo,
  ReplicaScores,
  RoundInput,
  RoundOutput,
  Snapshot,
} from './replica-host.ts';
import type { Trainer } from './trainer.ts';

/** Time that a simulated machine takes; the mathematics is real. */
export interface ComputeModel {
  readonly stepMs: number;
  readonly evaluationMs: number;
}

/** The replica side of a simulated peer: in the same thread, on virtual time. */
export class InlineReplica implements ReplicaHost {
  readonly #trainer: Trainer;
  readonly #clock: Clock;
  readonly #model: ComputeModel;

  constructor(trainer: Trainer, init: { clock: Clock; model: ComputeModel }) {
    this.#trainer = trainer;
    this.#clock = init.clock;
    this.#model = init.model;
  }

  async start(): Promise<ReplicaInfo> {
    return this.#trainer.info();
  }

  async round(input: RoundInput): Promise<RoundOutput> {
    // Time passes between the start of the round, when frames are applied, and its end, when one is published.
    const drifts = this.#trainer.absorb(input.arrived);
    const computeMs = this.#trainer.localSteps * this.#model.stepMs;
    await sleep(this.#clock, computeMs);
    return { ...(await this.#trainer.round({ ...input, arrived: [] })), computeMs, drifts };
  }

  async absorb(arrived: readonly ArrivedFrame[]): Promise<ReturnType<Trainer['absorb']>> {
    return this.#trainer.absorb(arrived);
  }

  async evaluate(scope: EvaluationScope): Promise<ReplicaScores> {
    const scores = await this.#trainer.evaluate(scope);
    await sleep(this.#clock, this.#model.evaluationMs);
    return { ...scores, tookMs: this.#model.evaluationMs };
  }

  async snapshot(): Promise<Snapshot> {
    return this.#trainer.snapshot();
  }

  async stop(): Promise<void> {}
}
