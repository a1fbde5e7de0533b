/** Why a ratchet message was refused; the state before it is unchanged and still good. */
export type RatchetErrorKind =
  | 'header' // no header key of ours opens it: not from this session
  | 'duplicate' // the last received message once more
  | 'earlier' // a message that was received, or skipped and forgotten
  | 'too-many-skipped'
  | 'decrypt' // the body does not open
  | 'kem' // a KEM answer to a key that was never proposed
  | 'state' // nothing can be sent before the first message is received
  | 'version';

export class RatchetError extends Error {
  override readonly name = 'RatchetError';
  readonly retryable = false;
  readonly kind: RatchetErrorKind;
  constructor(kind: RatchetErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
