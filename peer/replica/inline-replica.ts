import type { MadeImage } from '../../protocols/replica/recent-images.ts';
import { type Clock, sleep } from '../../src/support/clock.ts';
import type {
  Adoption,
  ArrivedFrame,
  Drift,
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
export interface Machine {
  /** Of the next gradient steps, together. */
  stepsMs(count: number): number;
  evaluationMs(): number;
}

export interface InlineReplicaInit {
  readonly clock: Clock;
  readonly machine: Machine;
  /** Sees every frame as it is published. */
  readonly onPublished?: (frame: Uint8Array) => void;
}

/** The replica side of a simulated peer: in the same thread, on virtual time. */
export class InlineReplica implements ReplicaHost {
  readonly #createTrainer: (checkpoint: Uint8Array | null) => Trainer;
  readonly #clock: Clock;
  readonly #machine: Machine;
  readonly #onPublished: (frame: Uint8Array) => void;
  #trainer!: Trainer;
  #last: Promise<unknown> = Promise.resolve();

  constructor(createTrainer: (checkpoint: Uint8Array | null) => Trainer, init: InlineReplicaInit) {
    this.#createTrainer = createTrainer;
    this.#clock = init.clock;
    this.#machine = init.machine;
    this.#onPublished = init.onPublished ?? (() => {});
  }

  async start(checkpoint: Uint8Array | null): Promise<ReplicaInfo> {
    this.#trainer = this.#createTrainer(checkpoint);
    return this.#trainer.info();
  }

  round(input: RoundInput): Promise<RoundOutput> {
    return this.#next(async (trainer) => {
      // Time passes between the start of the round, when frames are applied, and its end, when one is published.
      const drifts = trainer.absorb(input.arrived);
      const computeMs = this.#machine.stepsMs(input.setting.localSteps);
      await sleep(this.#clock, computeMs);
      const output = await trainer.round({ ...input, arrived: [] });
      if (output.frame !== null) this.#onPublished(output.frame.bytes);
      return { ...output, computeMs, drifts };
    });
  }

  absorb(arrived: readonly ArrivedFrame[]): Promise<readonly Drift[]> {
    return this.#next((trainer) => trainer.absorb(arrived));
  }

  evaluate(scope: EvaluationScope): Promise<ReplicaScores> {
    return this.#next(async (trainer) => {
      const scores = await trainer.evaluate(scope);
      const tookMs = this.#machine.evaluationMs();
      await sleep(this.#clock, tookMs);
      return { ...scores, tookMs };
    });
  }

  snapshot(): Promise<Snapshot> {
    return this.#next((trainer) => trainer.snapshot());
  }

  image(): Promise<MadeImage> {
    return this.#next((trainer) => trainer.image());
  }

  adopt(adoption: Adoption): Promise<readonly Drift[]> {
    return this.#next((trainer) => trainer.adopt(adoption));
  }

  checkpoint(): Promise<Uint8Array> {
    return this.#next((trainer) => trainer.checkpoint());
  }

  async stop(): Promise<void> {}

  /** Calls are answered in their order, as a thread does. */
  #next<T>(answer: (trainer: Trainer) => T | Promise<T>): Promise<T> {
    const next = this.#last.then(() => answer(this.#trainer));
    this.#last = next.catch(() => {});
    return next;
  }
}
