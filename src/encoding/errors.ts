/** Malformed bytes or text; `offset` is where decoding stopped. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  readonly retryable = false;
  readonly offset: number;
  constructor(message: string, offset: number, options?: ErrorOptions) {
    super(`${message} (at byte ${offset})`, options);
    this.offset = offset;
  }
}

/** A value that cannot be encoded: a bug of the caller, or unchecked input. */
export class EncodeError extends Error {
  override readonly name = 'EncodeError';
  readonly retryable = false;
}
