/** The error of the SMP client: its kind, and whether a retry may succeed. */
import { TimeoutError } from '../../base/index.ts';
import { DecodeError } from '../../encoding/index.ts';
import { formatSmpServer, type SmpServer } from '../../protocol/index.ts';
import { TransportError } from '../../transport/index.ts';
import type { ErrorType } from '../protocol/index.ts';
import { describeServerError } from './describe-error.ts';

/**
 * - `protocol`: the server responded with an error, in `code`
 * - `network`: no connection, or it broke before the response
 * - `timeout`: no response in time
 * - `identity`: a different server responds at this address
 * - `version`: the server is too old or too new
 * - `response`: the response is invalid
 */
export type SmpErrorKind = 'protocol' | 'network' | 'timeout' | 'identity' | 'version' | 'response';

/** Temporary errors: a full queue, or a failure of the server. */
const temporaryCodes: ReadonlySet<ErrorType['kind']> = new Set(['QUOTA', 'STORE', 'INTERNAL', 'BLOCK']);

export class SmpError extends Error {
  override readonly name = 'SmpError';
  readonly kind: SmpErrorKind;
  /** Set with kind `protocol`. */
  readonly code: ErrorType | undefined;

  constructor(kind: SmpErrorKind, message: string, options?: ErrorOptions & { readonly code?: ErrorType }) {
    super(message, options);
    this.kind = kind;
    this.code = options?.code;
  }

  get retryable(): boolean {
    if (this.kind === 'protocol') return this.code !== undefined && temporaryCodes.has(this.code.kind);
    return this.kind === 'network' || this.kind === 'timeout';
  }
}

const hostOf = (server: SmpServer) => server.hosts[0] ?? formatSmpServer(server);

/** The error for an error response of the server. */
export function protocolError(server: SmpServer, code: ErrorType): SmpError {
  return new SmpError('protocol', describeServerError(hostOf(server), code), { code });
}

/** The error for a failed NEW; AUTH means that the server does not allow it. */
export function newQueueError(server: SmpServer, cause: unknown): unknown {
  if (!(cause instanceof SmpError) || cause.code?.kind !== 'AUTH') return cause;
  const why =
    'the server does not let you create queues: its address may need a password (smp://identity:password@host)';
  return new SmpError('protocol', `${hostOf(server)}: ${why}`, { cause, code: cause.code });
}

/** Converts any failure of a connection to an {@link SmpError} that names the server. */
export function connectionError(server: SmpServer, cause: unknown): SmpError {
  if (cause instanceof SmpError) return cause;
  const host = hostOf(server);
  if (cause instanceof TransportError) {
    switch (cause.kind) {
      case 'host':
      case 'network':
        return new SmpError('network', `${host}: ${cause.message}`, { cause });
      case 'identity':
        return new SmpError('identity', `${host} ${cause.message}`, { cause });
      case 'version':
        return new SmpError('version', `${host} cannot be used: ${cause.message}`, { cause });
      case 'tls':
      case 'protocol':
        return new SmpError('response', `${host}: ${cause.message}`, { cause });
    }
  }
  if (cause instanceof TimeoutError) return new SmpError('timeout', `${host}: ${cause.message}`, { cause });
  if (cause instanceof DecodeError) return new SmpError('response', `${host} sent invalid data`, { cause });
  return new SmpError('network', `${host}: the connection broke`, { cause });
}
