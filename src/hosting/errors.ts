/** An error that an operator can fix; the message is a complete sentence. */
export class HostingError extends Error {
  override readonly name = 'HostingError';
  readonly retryable = false;
}
