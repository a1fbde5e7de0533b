/** A failed cryptographic operation: a forged or damaged message, a bad key. Says nothing about the secrets involved. */
export class CryptoError extends Error {
  override readonly name = 'CryptoError';
  readonly retryable = false;
}
