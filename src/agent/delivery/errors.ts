/** Classifies errors of the SMP client for the agent. */
import { isRetryable } from '../../base/index.ts';

interface ProtocolError {
  readonly kind?: unknown;
  readonly code?: { readonly kind?: unknown } | undefined;
}

const codeOf = (error: unknown): unknown => (error as ProtocolError | null)?.code?.kind;

/** The queue does not exist, or our key is wrong. */
export const isAuthError = (error: unknown): boolean => codeOf(error) === 'AUTH';

/** The recipient's queue is full. */
export const isQuotaError = (error: unknown): boolean => codeOf(error) === 'QUOTA';

/** Error kinds that do not concern the queue: the network or the server changed. */
const TRANSIENT_KINDS: ReadonlySet<unknown> = new Set(['network', 'timeout', 'identity', 'version', 'response']);

/** Whether a retry may succeed: all errors except refusals by the server and our own errors. */
export function isTransient(error: unknown): boolean {
  return isRetryable(error) || isQuotaError(error) || TRANSIENT_KINDS.has((error as ProtocolError | null)?.kind);
}
