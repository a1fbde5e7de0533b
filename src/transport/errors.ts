/**
 * Errors between the two ends of a connection.
 *
 * - `host`: no address of the peer can be used
 * - `network`: no connection, or it broke; retrying may help
 * - `tls`: the TLS handshake failed
 * - `identity`: the peer is not the server its address names
 * - `version`: no common version
 * - `protocol`: the peer violated the handshake or the block format
 */
export type TransportErrorKind = 'host' | 'network' | 'tls' | 'identity' | 'version' | 'protocol';

export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly kind: TransportErrorKind;

  constructor(kind: TransportErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }

  get retryable(): boolean {
    return this.kind === 'network';
  }
}
