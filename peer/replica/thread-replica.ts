import { Worker } from 'node:worker_threads';
import type { MadeImage } from '../../protocols/replica/recent-images.ts';
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
import type { ReplicaCall, ReplicaStart, ReplicaThreadInit } from './replica-thread.ts';
import { ThreadCalls } from './thread-calls.ts';

/** The thread that the replicas of a process live in: TensorFlow.js blocks, and sockets must not wait for it. */
export class ReplicaThread {
  readonly #init: ReplicaThreadInit;
  #worker: Worker | null = null;
  #calls: ThreadCalls | null = null;
  #hosted = 0;

  constructor(init: ReplicaThreadInit) {
    this.#init = init;
  }

  /** One more replica, which shares data and compute with the others. The thread starts with the first that starts. */
  host(init: Omit<ReplicaStart, 'checkpoint'>): ReplicaHost {
    const replica = this.#hosted++;
    return new ThreadReplica((method, argument) => this.#call(method, { replica, argument }), init);
  }

  /** Whatever waits for an answer is rejected. */
  async stop(): Promise<void> {
    await this.#worker?.terminate();
  }

  #call<T>(method: string, call: ReplicaCall<unknown>): Promise<T> {
    this.#worker ??= new Worker(new URL('./replica-thread.js', import.meta.url), { workerData: this.#init });
    this.#calls ??= new ThreadCalls(this.#worker);
    return this.#calls.call(method, call);
  }
}

/** The replica side of a real peer. */
class ThreadReplica implements ReplicaHost {
  readonly #answerOf: <T>(method: string, argument: unknown) => Promise<T>;
  readonly #init: Omit<ReplicaStart, 'checkpoint'>;
  #state: 'not been started' | 'started' | 'ended' = 'not been started';

  constructor(answerOf: <T>(method: string, argument: unknown) => Promise<T>, init: Omit<ReplicaStart, 'checkpoint'>) {
    this.#answerOf = answerOf;
    this.#init = init;
  }

  start(checkpoint: Uint8Array | null): Promise<ReplicaInfo> {
    this.#state = 'started';
    return this.#answerOf('start', { ...this.#init, checkpoint } satisfies ReplicaStart);
  }

  round(input: RoundInput): Promise<RoundOutput> {
    return this.#call('round', input);
  }

  absorb(arrived: readonly ArrivedFrame[]): Promise<readonly Drift[]> {
    return this.#call('absorb', arrived);
  }

  evaluate(scope: EvaluationScope): Promise<ReplicaScores> {
    return this.#call('evaluate', scope);
  }

  snapshot(): Promise<Snapshot> {
    return this.#call('snapshot');
  }

  image(): Promise<MadeImage> {
    return this.#call('image');
  }

  adopt(adoption: Adoption): Promise<readonly Drift[]> {
    return this.#call('adopt', adoption);
  }

  checkpoint(): Promise<Uint8Array> {
    return this.#call('checkpoint');
  }

  /** Its memory goes with the thread, which ends with the last peer of its process. */
  async stop(): Promise<void> {
    this.#state = 'ended';
  }

  #call<T>(method: string, argument?: unknown): Promise<T> {
    if (this.#state !== 'started') return Promise.reject(new Error(`the replica has ${this.#state}`));
    return this.#answerOf(method, argument);
  }
}
