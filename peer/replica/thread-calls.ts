import type { MessagePort, Worker } from 'node:worker_threads';
import { type Failure, isFailure, MurmurError } from '../../src/support/errors.ts';

interface Call {
  readonly id: number;
  readonly method: string;
  readonly argument: unknown;
}

type Answer = { readonly id: number } & (
  | { readonly value: unknown }
  | { readonly failure: Failure }
  | { readonly error: string }
);

/** A handler's answer of which `buffers` leave the thread with it, instead of being copied. */
export class MovedAnswer {
  readonly value: unknown;
  readonly buffers: readonly ArrayBuffer[];

  constructor(value: unknown, buffers: readonly ArrayBuffer[]) {
    this.value = value;
    this.buffers = buffers;
  }
}

type Handlers = Record<string, (argument: never) => Promise<unknown>>;

/** Answers calls from the other thread, in the order in which they come. Coded errors keep their fields. */
export function serve(port: MessagePort, handlers: Handlers): void {
  let last: Promise<void> = Promise.resolve();
  port.on('message', ({ id, method, argument }: Call) => {
    last = last.then(async () => {
      try {
        const answer = await handlers[method]!(argument as never);
        const { value, buffers } = answer instanceof MovedAnswer ? answer : new MovedAnswer(answer, []);
        port.postMessage({ id, value } satisfies Answer, buffers);
      } catch (error) {
        if (isFailure(error)) port.postMessage({ id, failure: error.failure } satisfies Answer);
        else
          port.postMessage({
            id,
            error: error instanceof Error ? (error.stack ?? error.message) : String(error),
          } satisfies Answer);
      }
    });
  });
}

/** The calling side. */
export class ThreadCalls {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #nextId = 0;
  #ended: Error | null = null;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (answer: Answer) => this.#settle(answer));
    worker.on('error', (error) => this.#end(error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', (code) => this.#end(new Error(`the replica thread ended with status ${code}`)));
  }

  /** Rejects with what the other side threw, or when its thread ends. */
  call<T>(method: string, argument?: unknown): Promise<T> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    const id = this.#nextId++;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#worker.postMessage({ id, method, argument } satisfies Call);
    });
  }

  #settle(answer: Answer): void {
    const { resolve, reject } = this.#waiting.get(answer.id)!;
    this.#waiting.delete(answer.id);
    if ('value' in answer) resolve(answer.value);
    else reject('failure' in answer ? new MurmurError(answer.failure) : new Error(answer.error));
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}
