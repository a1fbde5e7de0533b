/** Remote calls from a worker to the main process. */
import { type Deferred, deferred } from '../../../base/index.ts';
import { StoreError } from '../store/index.ts';
import type { Post, ToWorker, WorkerCall } from './messages.ts';

/** The caller, in the worker. */
export class Calls {
  readonly #post: Post<WorkerCall>;
  readonly #pending = new Map<number, Deferred<unknown>>();
  #last = 0;

  constructor(post: Post<WorkerCall>) {
    this.#post = post;
  }

  /** Rejects as the method does; a `StoreError` stays one. */
  call(target: string, method: string, parameters: readonly unknown[]): Promise<unknown> {
    const answer = deferred<unknown>();
    const id = ++this.#last;
    this.#pending.set(id, answer);
    this.#post({ kind: 'call', id, target, method, parameters });
    return answer.promise;
  }

  answered(answer: Extract<ToWorker, { kind: 'result' | 'failed' }>): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if (answer.kind === 'result') pending?.resolve(answer.result);
    else pending?.reject(answer.isStore ? new StoreError(answer.text) : new Error(answer.text));
  }
}

export type Method = (...parameters: readonly never[]) => unknown;
export type Targets = Readonly<Record<string, Readonly<Record<string, Method>>>>;

/** Executes a call and posts its result; `done` gets the result after it was posted. */
export async function answerCall(
  { id, target, method, parameters }: WorkerCall,
  targets: Targets,
  post: Post<ToWorker>,
  done: (result: unknown) => void,
): Promise<void> {
  try {
    const run = targets[target]?.[method];
    if (run === undefined) throw new Error(`there is no ${target}.${method}`);
    const result = await run(...(parameters as readonly never[]));
    post({ kind: 'result', id, result });
    done(result);
  } catch (error) {
    const text = error instanceof Error ? error.message : 'error';
    post({ kind: 'failed', id, isStore: error instanceof StoreError, text });
  }
}
