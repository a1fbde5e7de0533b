/** Why a ratchet message was refused; the state is unchanged and valid. */
export type RatchetErrorKind =
  | 'header' // no header key decrypts it: it belongs to another session
  | 'duplicate' // a repetition of the last received message
  | 'earlier' // a message received before, or skipped and its key deleted
  | 'too-many-skipped'
  | 'decrypt' // the body cannot be decrypted
  | 'kem' // a KEM ciphertext for a key that was never proposed
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
