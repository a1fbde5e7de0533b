/** Which errors of the SMP client mean what to the agent. */
import { isRetryable } from '../../base/index.ts';

interface ProtocolError {
  readonly kind?: unknown;
  readonly code?: { readonly kind?: unknown } | undefined;
}

const codeOf = (error: unknown): unknown => (error as ProtocolError | null)?.code?.kind;

/** The queue is not there, or does not know our key. */
export const isAuthError = (error: unknown): boolean => codeOf(error) === 'AUTH';

/** The recipient's queue is full until it reads. */
export const isQuotaError = (error: unknown): boolean => codeOf(error) === 'QUOTA';

/** Kinds of the SMP client's errors that say nothing of the queue: another network or server stood in between. */
const PASSING_KINDS: ReadonlySet<unknown> = new Set(['network', 'timeout', 'identity', 'version', 'response']);

/** Whether the same may succeed later: all but a refusal by the server itself, and errors of our own. */
export function isTransient(error: unknown): boolean {
  return isRetryable(error) || isQuotaError(error) || PASSING_KINDS.has((error as ProtocolError | null)?.kind);
}
