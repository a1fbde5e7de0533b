/** Bytes or text that do not have the form they should; `offset` is where decoding stopped. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  readonly retryable = false;
  readonly offset: number;
  constructor(message: string, offset: number, options?: ErrorOptions) {
    super(`${message} (at byte ${offset})`, options);
    this.offset = offset;
  }
}

/** A value that its wire type cannot carry: a bug of the caller, or input that was not checked. */
export class EncodeError extends Error {
  override readonly name = 'EncodeError';
  readonly retryable = false;
}
