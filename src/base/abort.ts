/** Cancellable waits: each function takes an `AbortSignal` and rejects with its reason. */
import type { Clock } from './clock.ts';

/** A wait exceeded its time limit. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
  readonly retryable = true;
}

/** Resolves after `ms`; rejects at once when `signal` aborts. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => {
      timer.cancel();
      reject(signal.reason);
    };
    const timer = clock.schedule(ms, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** Settles as `promise` does, or rejects first when `signal` aborts; the underlying operation continues. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      promise.catch(() => {});
      return reject(signal.reason);
    }
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Settles as `promise` does, or rejects with a {@link TimeoutError} naming `what` after `ms`. */
export function withTimeout<T>(clock: Clock, ms: number, what: string, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.schedule(ms, () => reject(new TimeoutError(`${what}: no answer within ${ms / 1000} s`)));
    promise.then(resolve, reject).finally(() => timer.cancel());
  });
}
