/**
 * Failures between this server and a relay, mapped to the errors that clients get (simplex-messaging.md, "Error
 * responses").
 */
import { CryptoError } from '../../../crypto/index.ts';
import { DecodeError } from '../../../encoding/index.ts';
import { TransportError } from '../../../transport/index.ts';
import { SmpError } from '../../client/index.ts';
import type { BrokerError, ErrorType, RelayTransportError, Response } from '../../protocol/index.ts';
import type { ProxyOutcome } from '../observer.ts';

const broker = (error: BrokerError): ErrorType => ({ kind: 'PROXY', error: { kind: 'BROKER', error } });
const transport = (error: RelayTransportError): ErrorType => broker({ kind: 'TRANSPORT', error });

export const network: ErrorType = broker({ kind: 'NETWORK' });
export const noSession: ErrorType = { kind: 'PROXY', error: { kind: 'NO_SESSION' } };
export const incompatible: ErrorType = transport({ kind: 'VERSION' });
export const tooLarge: ErrorType = transport({ kind: 'LARGE_MSG' });
/** The relay answered with an error. */
export const fromRelay = (error: ErrorType): ErrorType => ({ kind: 'PROXY', error: { kind: 'PROTOCOL', error } });
export const unexpected = (response: Response): ErrorType => broker({ kind: 'UNEXPECTED', text: response.kind });
export const unreadable: ErrorType = broker({ kind: 'RESPONSE', text: 'BLOCK' });

/**
 * A failed connection or handshake. Clients retry after NETWORK; after the others they use another server or give up.
 */
function connectionError({ kind }: TransportError): ErrorType {
  switch (kind) {
    case 'protocol':
      return transport({ kind: 'HANDSHAKE', error: 'PARSE' });
    case 'version':
      return incompatible;
    case 'host':
      return broker({ kind: 'HOST' });
    case 'network':
    case 'tls':
    // As in the reference, where a wrong certificate already fails in TLS and counts as a network error.
    case 'identity':
      return network;
  }
}

export function proxyError(error: unknown): ErrorType {
  if (error instanceof CryptoError) return { kind: 'CRYPTO' };
  if (error instanceof DecodeError) return unreadable;
  if (!(error instanceof SmpError)) return { kind: 'INTERNAL' };
  if (error.cause instanceof TransportError) return connectionError(error.cause);
  switch (error.kind) {
    case 'protocol':
      return error.code === undefined ? unreadable : fromRelay(error.code);
    case 'timeout':
      return broker({ kind: 'TIMEOUT' });
    case 'version':
      return incompatible;
    case 'response':
      return unreadable;
    case 'network':
    case 'identity':
      return network;
  }
}

/** The category of an error in statistics. */
export function outcomeOf(error: ErrorType): ProxyOutcome {
  if (error.kind !== 'PROXY') return 'other';
  const { error: inner } = error;
  if (inner.kind === 'PROTOCOL') return 'done';
  if (inner.kind === 'NO_SESSION') return 'connect';
  if (inner.kind !== 'BROKER') return 'other';
  if (inner.error.kind === 'NETWORK' || inner.error.kind === 'TIMEOUT') return 'connect';
  return inner.error.kind === 'TRANSPORT' && inner.error.error.kind === 'VERSION' ? 'version' : 'other';
}
