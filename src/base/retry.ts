/** The one retry policy: exponential growth with jitter between two bounds. */

/** Delays in milliseconds: the first, the longest, and the factor between one and the next. */
export interface RetryPolicy {
  readonly initialMs: number;
  readonly maxMs: number;
  readonly factor: number;
}

/** Delay before try `attempt` (0 is the first retry), with up to 25% jitter; `random` gives [0, 1). */
export function retryDelay(policy: RetryPolicy, attempt: number, random: () => number): number {
  const base = Math.min(policy.maxMs, policy.initialMs * policy.factor ** attempt);
  return Math.round(base * (0.75 + random() * 0.5));
}

/** Whether an error says of itself that the same call may succeed later. */
export function isRetryable(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (error as { retryable?: unknown }).retryable === true;
}
