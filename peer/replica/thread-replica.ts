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
import type { ReplicaThreadInit } from './replica-thread.ts';
import { ThreadCalls } from './thread-calls.ts';

/** The replica side of a real peer, in a thread of its own: TensorFlow.js blocks, and sockets must not wait for it. */
export class ThreadReplica implements ReplicaHost {
  readonly #init: ReplicaThreadInit;
  #worker: Worker | null = null;
  #calls: ThreadCalls | null = null;

  constructor(init: ReplicaThreadInit) {
    this.#init = init;
  }

  start(checkpoint: Uint8Array | null): Promise<ReplicaInfo> {
    this.#worker = new Worker(new URL('./replica-thread.js', import.meta.url), { workerData: this.#init });
    this.#calls = new ThreadCalls(this.#worker);
    return this.#calls.call('start', checkpoint);
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

  async stop(): Promise<void> {
    await this.#worker?.terminate();
  }

  #call<T>(method: string, argument?: unknown): Promise<T> {
    if (this.#calls === null) return Promise.reject(new Error('the replica thread has not been started'));
    return this.#calls.call(method, argument);
  }
}
