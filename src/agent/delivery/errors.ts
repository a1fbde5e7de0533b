/** Which errors of the SMP client mean what to a delivery. */
interface CodedError {
  readonly code?: unknown;
}

const codeOf = (error: unknown): unknown => (error as CodedError | null)?.code;

/** The queue is not there, or does not know our key. */
export const isAuthError = (error: unknown): boolean => codeOf(error) === 'AUTH';

/** The recipient's queue is full until it reads. */
export const isQuotaError = (error: unknown): boolean => codeOf(error) === 'QUOTA';
