/**
 * TLS parameters of the network: version 1.3, one cipher, Edwards curves only, no resumption. Explicit rather than
 * defaults.
 */
import { constants } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';

export const tlsOptions = {
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  ciphers: 'TLS_CHACHA20_POLY1305_SHA256',
  ecdhCurve: 'X25519:X448',
  sigalgs: 'ed25519:ed448',
  /** A resumed session would present no certificates. */
  secureOptions: constants.SSL_OP_NO_TICKET,
} as const satisfies SecureContextOptions;
