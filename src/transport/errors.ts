/**
 * What goes wrong between two ends of a connection.
 *
 * - `host`: no address of the other end can be used
 * - `network`: no connection, or it broke; trying again may help
 * - `tls`: TLS could not be agreed
 * - `identity`: the other end is not who its address says
 * - `version`: no version in common
 * - `protocol`: the other end breaks the handshake or block format
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
