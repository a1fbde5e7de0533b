/** Something an operator has to put right; the message is a whole sentence that says what. */
export class HostingError extends Error {
  override readonly name = 'HostingError';
  readonly retryable = false;
}
