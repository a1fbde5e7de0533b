/** Which errors of the SMP client mean what to the agent. */
interface ProtocolError {
  readonly kind?: unknown;
  readonly code?: { readonly kind?: unknown } | undefined;
}

const codeOf = (error: unknown): unknown => (error as ProtocolError | null)?.code?.kind;

/** The queue is not there, or does not know our key. */
export const isAuthError = (error: unknown): boolean => codeOf(error) === 'AUTH';

/** The recipient's queue is full until it reads. */
export const isQuotaError = (error: unknown): boolean => codeOf(error) === 'QUOTA';
