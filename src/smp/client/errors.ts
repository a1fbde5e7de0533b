/** The one error of the SMP client: what kind of failure, and whether the same call may succeed later. */
import { TimeoutError } from '../../base/index.ts';
import { DecodeError } from '../../encoding/index.ts';
import { formatSmpServer, type SmpServer } from '../../protocol/index.ts';
import { TransportError } from '../../transport/index.ts';
import type { ErrorType } from '../protocol/index.ts';
import { answerInWords } from './answer-words.ts';

/**
 * - `protocol`: the server answered with an error, in `code`
 * - `network`: no connection, or it broke before the answer
 * - `timeout`: no answer in time
 * - `identity`: another server answers at this address
 * - `version`: the server is too old or too new
 * - `response`: the answer makes no sense
 */
export type SmpErrorKind = 'protocol' | 'network' | 'timeout' | 'identity' | 'version' | 'response';

/** Errors of the server that pass: a full queue empties, its trouble ends. */
const temporaryCodes: ReadonlySet<ErrorType['kind']> = new Set(['QUOTA', 'STORE', 'INTERNAL', 'BLOCK']);

export class SmpError extends Error {
  override readonly name = 'SmpError';
  readonly kind: SmpErrorKind;
  /** With kind `protocol`. */
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

/** An error the server answered with. */
export function protocolError(server: SmpServer, code: ErrorType): SmpError {
  return new SmpError('protocol', answerInWords(hostOf(server), code), { code });
}

/** What NEW failed with, in words when it is that the server does not allow it. */
export function newQueueError(server: SmpServer, cause: unknown): unknown {
  if (!(cause instanceof SmpError) || cause.code?.kind !== 'AUTH') return cause;
  const why =
    'the server does not let you create queues: its address may need a password (smp://identity:password@host)';
  return new SmpError('protocol', `${hostOf(server)}: ${why}`, { cause, code: cause.code });
}

/** Any failure of a connection as an {@link SmpError} that names the server. */
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
  if (cause instanceof DecodeError) return new SmpError('response', `${host} sent what cannot be read`, { cause });
  return new SmpError('network', `${host}: the connection broke`, { cause });
}
