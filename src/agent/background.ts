/** Background tasks: retried until they succeed, fail permanently, or the agent stops. */
import {
  type Clock,
  type Logger,
  type Random,
  type RetryPolicy,
  randomFraction,
  retryDelay,
  sleep,
} from '../base/index.ts';
import { isTransient } from './delivery/errors.ts';
import { isDatabaseError } from './store/index.ts';

const RETRY: RetryPolicy = { initialMs: 2_000, maxMs: 300_000, factor: 2 };

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

export interface BackgroundEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export class BackgroundTasks {
  readonly #running = new Set<Promise<void>>();
  readonly #env: BackgroundEnvironment;

  constructor(env: BackgroundEnvironment) {
    this.#env = env;
  }

  get idle(): boolean {
    return this.#running.size === 0;
  }

  /** Resolves when all tasks have ended, which happens soon after the signal aborts. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#running]);
  }

  /** Tracks the promise; rejections are ignored. */
  track(promise: Promise<void>): void {
    const running: Promise<void> = promise.catch(() => {}).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Runs `task`, with growing delays after transient and database errors; `onFailure` gets any other error. */
  retry(task: () => Promise<void>, onFailure: (error: Error) => void): void {
    this.track(this.#retry(task, onFailure));
  }

  async #retry(task: () => Promise<void>, onFailure: (error: Error) => void): Promise<void> {
    const { clock, random, logger, signal } = this.#env;
    let failure: Error | undefined;
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        if (failure === undefined) await task();
        else onFailure(failure);
        return;
      } catch (error) {
        if (signal.aborted) return;
        // The database may work at the next attempt: the task is not given up.
        if (!isTransient(error) && !isDatabaseError(error)) {
          if (failure !== undefined) return;
          failure = asError(error);
          continue;
        }
        logger.debug(`retrying later: ${asError(error).message}`);
        await sleep(
          clock,
          retryDelay(RETRY, attempt, () => randomFraction(random)),
          signal,
        );
      }
    }
  }
}
