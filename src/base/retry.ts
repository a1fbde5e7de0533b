/** The retry policy: exponential backoff with jitter between two bounds. */

/** Delays in milliseconds: the first, the maximum, and the growth factor. */
export interface RetryPolicy {
  readonly initialMs: number;
  readonly maxMs: number;
  readonly factor: number;
}

/** The delay before retry `attempt` (from 0), with up to 25% jitter; `random` returns a number in [0, 1). */
export function retryDelay(policy: RetryPolicy, attempt: number, random: () => number): number {
  const base = Math.min(policy.maxMs, policy.initialMs * policy.factor ** attempt);
  return Math.round(base * (0.75 + random() * 0.5));
}

/** Whether an error states that a retry may succeed. */
export function isRetryable(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (error as { retryable?: unknown }).retryable === true;
}
